/** Tokens that a provider read from its cache, or wrote to it, arrive from every wire format, in both dialects, streamed and whole. */
import { expect, test } from "vitest";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { jsonResponse, startScriptedProvider } from "../support/providers/scripted-provider.ts";
import { wireFormats, type WireFormat } from "../support/providers/wire-formats.ts";

/** 31 tokens of input in all, 7 of them read from the cache and 3 written to it, as each API counts them. */
const usages: Readonly<Record<WireFormat["api"], object>> = {
  "openai-completions": {
    usage: {
      prompt_tokens: 31,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 7, cache_write_tokens: 3 },
    },
  },
  "openai-responses": {
    usage: {
      input_tokens: 31,
      output_tokens: 2,
      input_tokens_details: { cached_tokens: 7, cache_write_tokens: 3 },
    },
  },
  "anthropic-messages": {
    usage: { input_tokens: 21, output_tokens: 2, cache_read_input_tokens: 7, cache_creation_input_tokens: 3 },
  },
  // Gemini does not say what it writes.
  "google-generative-ai": {
    usageMetadata: { promptTokenCount: 31, candidatesTokenCount: 2, cachedContentTokenCount: 7 },
  },
};

test.for(
  wireFormats.flatMap((format) =>
    (["chat/completions", "responses"] as const).flatMap((path) =>
      [true, false].map((stream) => ({ api: format.api, path, stream, format })),
    ),
  ),
)("$api, $path, streamed: $stream", async ({ api, path, stream, format }) => {
  await using provider = await startScriptedProvider();
  provider.script(jsonResponse({ ...format.wholeReply("ok"), ...usages[api] }));
  const { url } = await startTestGateway({
    config: {
      gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
      models: { providers: { a: { baseUrl: provider.baseUrl, apiKey: "k", api } } },
      agents: { defaults: { model: "a/m" } },
    },
  });
  const request =
    path === "responses"
      ? { input: "hi" }
      : {
          messages: [{ role: "user", content: "hi" }],
          ...(stream && { stream_options: { include_usage: true } }),
        };
  const response = await fetch(`${url}/v1/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "openclaw", stream, ...request }),
  });
  const text = await response.text();
  const cache_write_tokens = api === "google-generative-ai" ? 0 : 3;
  const details =
    path === "responses"
      ? `"input_tokens":31,"input_tokens_details":{"cached_tokens":7,"cache_write_tokens":${cache_write_tokens}}`
      : `"prompt_tokens_details":{"cached_tokens":7,"audio_tokens":0,"cache_write_tokens":${cache_write_tokens}}`;
  expect(text).toContain(details);
});
