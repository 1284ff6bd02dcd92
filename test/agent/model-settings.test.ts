/** What a provider's block says of its calls and of single models. */
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { createModelCatalog } from "../../server/agent/models/catalog.ts";
import type { ModelCall, ModelEvent } from "../../server/agent/types.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";
import { readRecordedStream } from "../support/providers/ai-sdk.ts";
import { createModelCall } from "../support/providers/openai-completions.ts";
import { sseResponse, startScriptedProvider } from "../support/providers/scripted-provider.ts";
import { createReply } from "../support/providers/wire-formats.ts";

type Providers = NonNullable<NonNullable<ConfigInput["models"]>["providers"]>;

const loadCatalog = (providers: Providers) =>
  createModelCatalog(createConfigFile({ models: { providers } }).load().config.models);

async function collect(
  catalog: ReturnType<typeof loadCatalog>,
  ref: string,
  fields: Partial<ModelCall> = {},
): Promise<readonly ModelEvent[]> {
  const events: ModelEvent[] = [];
  const sink = { emit: (event: ModelEvent) => void events.push(event), ready: () => undefined };
  await catalog.get(ref).call(createModelCall(fields), sink, new AbortController().signal);
  return events;
}

const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
const text = (words: string) => ({ type: "text", text: words }) as const;

test("a model may have an API and an address of its own, with the provider's key and headers", async () => {
  await using chat = await startScriptedProvider();
  await using messages = await startScriptedProvider();
  chat.script(createReply("chat", true));
  messages.script(sseResponse(readRecordedStream("anthropic-messages", "text")));
  const catalog = loadCatalog({
    zen: {
      baseUrl: chat.baseUrl,
      apiKey: "the-key",
      headers: { "x-team": "blue" },
      models: [{ id: "claude", api: "anthropic-messages", baseUrl: messages.baseUrl }, { id: "kimi" }],
    },
  });
  await collect(catalog, "zen/kimi");
  await collect(catalog, "zen/claude");
  expect(
    chat.requests().map(({ path, headers }) => [path, headers["authorization"], headers["x-team"]]),
  ).toEqual([["/v1/chat/completions", "Bearer the-key", "blue"]]);
  expect(
    messages.requests().map(({ path, headers }) => [path, headers["x-api-key"], headers["x-team"]]),
  ).toEqual([["/v1/messages", "the-key", "blue"]]);
});

test("compat of a model adds to that of its provider, for this model only", async () => {
  await using provider = await startScriptedProvider();
  provider.script(createReply("a", true), createReply("b", true));
  const catalog = loadCatalog({
    a: {
      baseUrl: provider.baseUrl,
      compat: { supportsUsageInStreaming: false },
      models: [{ id: "new", compat: { maxTokensField: "max_completion_tokens" } }],
    },
  });
  await collect(catalog, "a/new", { maxOutputTokens: 7 });
  await collect(catalog, "a/old", { maxOutputTokens: 7 });
  const [newer, older] = provider.requests().map(({ body }) => body as Record<string, unknown>);
  expect(newer).toMatchObject({ max_completion_tokens: 7 });
  expect(older).toMatchObject({ max_tokens: 7 });
  expect([newer?.["stream_options"], older?.["stream_options"]]).toEqual([undefined, undefined]);
});

test("authHeader sends the key as a bearer token, and only so", async () => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(readRecordedStream("anthropic-messages", "text")));
  const catalog = loadCatalog({
    a: { api: "anthropic-messages", baseUrl: provider.baseUrl, apiKey: "the-key", authHeader: true },
  });
  await collect(catalog, "a/m");
  const [request] = provider.requests();
  expect(request?.headers["authorization"]).toBe("Bearer the-key");
  expect(request?.headers["x-api-key"]).toBeUndefined();
});

test("a provider's maxTokens is that of models that set none; contextTokens limits the context window", async () => {
  await using provider = await startScriptedProvider();
  provider.script(createReply("a", true), createReply("b", true));
  const catalog = loadCatalog({
    a: {
      baseUrl: provider.baseUrl,
      maxTokens: 11,
      models: [{ id: "own", maxTokens: 5, contextWindow: 1000, contextTokens: 400 }],
    },
  });
  await collect(catalog, "a/own");
  await collect(catalog, "a/other");
  expect(provider.requests().map(({ body }) => (body as { max_tokens?: number }).max_tokens)).toEqual([
    5, 11,
  ]);
  expect(catalog.get("a/own").contextWindow).toBe(400);
});

test("a model that reads text only rejects a new picture, and gets a note in place of an older one", async () => {
  await using provider = await startScriptedProvider();
  provider.script(createReply("a", true), createReply("b", true));
  const catalog = loadCatalog({
    a: { baseUrl: provider.baseUrl, models: [{ id: "blind", input: ["text"] }, { id: "any" }] },
  });
  const user = { role: "user", content: [text("Look."), image] } as const;
  const events = await collect(catalog, "a/blind", { turns: [user] });
  expect(events).toMatchObject([{ type: "error", error: { code: "unsupported_value", param: "messages" } }]);
  expect(provider.requests()).toHaveLength(0);

  const reply = { role: "assistant", content: [text("Seen.")] } as const;
  const next = { role: "user", content: [text("And now?")] } as const;
  await collect(catalog, "a/blind", { turns: [user, reply, next] });
  await collect(catalog, "a/any", { turns: [user, reply, next] });
  const [blind, any] = provider.requests().map(({ body }) => JSON.stringify(body));
  expect(blind).toContain("[an image, which this model cannot see]");
  expect(blind).not.toContain("AAAA");
  expect(any).toContain("AAAA");
});

test("a known provider without a key is not called: the error names the variable", async () => {
  const { config } = createConfigFile({ agents: { defaults: { model: "groq/m" } } }).load();
  const events = await collect(createModelCatalog(config.models), "groq/m");
  expect(events).toMatchObject([
    {
      type: "error",
      error: {
        code: "upstream_auth",
        message: 'provider "groq" needs a key: set GROQ_API_KEY or models.providers.groq.apiKey.',
      },
    },
  ]);
});
