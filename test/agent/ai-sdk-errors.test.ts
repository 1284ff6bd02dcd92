/** Errors of each API that the fault table does not cover: the right code, without secrets and without text of the provider. */
import { describe, expect, test } from "vitest";
import type { AiSdkOptions } from "../../server/agent/models/ai-sdk/provider.ts";
import type { GatewayError } from "../../server/lib/errors.ts";
import { apiNames, createApiModel, readRecordedStream, type ApiName } from "../support/providers/ai-sdk.ts";
import {
  apiKey,
  createModelCall,
  collectModelError,
  collectModelEvents,
} from "../support/providers/openai-completions.ts";
import {
  jsonResponse,
  stall,
  startScriptedProvider,
  sseResponse,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";
import { wireFormats, type WireFormat } from "../support/providers/wire-formats.ts";

async function requestError(
  api: ApiName,
  answer: ScriptedResponse,
  settings: Partial<AiSdkOptions> = {},
): Promise<GatewayError> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  const error = await collectModelError(createApiModel(api, provider.baseUrl, "m", settings));
  expect(error.message).toContain("provider-1");
  expect(error.message).not.toContain(new URL(provider.baseUrl).host);
  expect(error.message).not.toContain("/v1");
  expect(provider.requests()).toHaveLength(1);
  return error;
}

const formats = wireFormats.filter((format): format is WireFormat & { api: ApiName } =>
  apiNames.some((name) => name === format.api),
);

describe.for(formats)("$api", (format) => {
  const { api } = format;
  const opening = format.startText("a");

  test("the provider's message is passed on without the key and other secrets", async () => {
    const message = `bad field; key ${apiKey}, header tok-12345678, Bearer other-secret, sk-abcdefgh123`;
    const error = await requestError(api, jsonResponse(format.errorBody(message), 400), {
      headers: { "x-token": "Token tok-12345678" },
    });
    expect(error.message).toMatch(/bad field; key \[secret\], header \[secret\], \[secret\], \[secret\]$/);
  });

  test("the error for a rejected credential contains no text of the provider", async () => {
    const error = await requestError(
      api,
      jsonResponse(format.errorBody(`Incorrect key: ${apiKey.slice(0, 9)}***`), 401),
    );
    expect(error.message).toMatch(/rejected the gateway's credential \(HTTP 401\)\.$/);
  });

  test("content before an error is kept, even from the same read", async () => {
    await using provider = await startScriptedProvider();
    provider.script(sseResponse(`${opening}data: {oops}\n\n${format.continueText("b")}`));
    expect(await collectModelEvents(createApiModel(api, provider.baseUrl, "m"))).toMatchObject([
      { type: "text", text: "a" },
      { type: "error", error: { code: "upstream_protocol" } },
    ]);
  });

  test.for<[string, (large: string) => ScriptedResponse]>([
    [
      "that exceeds 1 MiB only with its last read",
      (large) => sseResponse(opening, format.continueText(large)),
    ],
    ["that never ends", (large) => sseResponse(opening, `data: {"pad":"${large}`, large, large, stall)],
    [
      "in many lines",
      () => sseResponse(opening, `data: {\n${`data: ${" ".repeat(1_000)}\n`.repeat(1_100)}data: }\n\n`),
    ],
  ])("an event %s is not passed on", async ([, answer]) => {
    await using provider = await startScriptedProvider();
    provider.script(answer("x".repeat(1024 * 1024)));
    const events = await collectModelEvents(createApiModel(api, provider.baseUrl, "m"));
    expect(events).toMatchObject([{ type: "text", text: "a" }, { type: "error" }]);
    expect((events.at(-1) as { error: GatewayError }).error.message).toContain("more than 1 MiB");
  });

  test.runIf(format.unknownEvent !== undefined)(
    "an event of another shape is a protocol error; neither message nor cause contains its text",
    async () => {
      const bytes = (format.unknownEvent ?? "").replace("}", ',"canary":"canary-words"}');
      for (const before of ["", opening]) {
        const error = await requestError(api, sseResponse(before, bytes));
        expect(error.code).toBe("upstream_protocol");
        expect(`${error.message} ${String(error.cause)}`).not.toContain("canary");
      }
    },
  );

  test("an endless error body is not read to its end, and one that stalls does not hide its status", async () => {
    const endless = function* (): Generator<string> {
      for (;;) yield "x".repeat(16 * 1024);
    };
    expect(await requestError(api, { status: 500, steps: endless() })).toMatchObject({
      code: "upstream_error",
    });
    const stalls: ScriptedResponse = { status: 503, steps: ["busy", stall] };
    expect(await requestError(api, stalls, { silenceMs: 50 })).toMatchObject({ code: "upstream_error" });
  });

  test("headers may arrive long before the first byte", async () => {
    await using provider = await startScriptedProvider();
    provider.script(sseResponse({ act: "flush headers" }, { waitMs: 400 }, readRecordedStream(api, "text")));
    const model = createApiModel(api, provider.baseUrl, "m", { silenceMs: 200 });
    expect((await collectModelEvents(model)).at(-1)).toMatchObject({ type: "finish" });
  });

  test("a key is sent to its provider only, whatever the environment contains", async () => {
    const errorsByCode = {
      "openai-responses": "OPENAI",
      "anthropic-messages": "ANTHROPIC",
      "google-generative-ai": "GOOGLE",
    };
    await using elsewhere = await startScriptedProvider();
    await using provider = await startScriptedProvider();
    process.env[`${errorsByCode[api]}_BASE_URL`] = elsewhere.baseUrl;
    process.env[`${errorsByCode[api]}_API_KEY`] = "canary-of-the-environment";
    try {
      provider.script(sseResponse(readRecordedStream(api, "text")));
      await collectModelEvents(createApiModel(api, provider.baseUrl, "m", { apiKey: undefined }));
      expect(JSON.stringify(provider.requests()[0]?.headers)).not.toMatch(/canary|none/);
      expect(elsewhere.connections()).toBe(0);
    } finally {
      delete process.env[`${errorsByCode[api]}_BASE_URL`];
      delete process.env[`${errorsByCode[api]}_API_KEY`];
    }
  });

  test("the base URL may have a query and no version", async () => {
    await using provider = await startScriptedProvider();
    const answer = sseResponse(readRecordedStream(api, "text"));
    provider.script(answer, answer, answer);
    const root = provider.baseUrl.replace("/v1", "");
    await collectModelEvents(createApiModel(api, `${root}/team/?tenant=7`, "m"));
    await collectModelEvents(createApiModel(api, `${root}/team/v1/`, "m"));
    await collectModelEvents(createApiModel(api, root, "m"));
    const [first, second, third] = provider.requests().map(({ path }) => path);
    expect(first).toMatch(/^\/team\/v1(?:beta)?\/.*[?&]tenant=7$/);
    expect(second).toMatch(/^\/team\/v1\/[^/]/);
    expect(third).toMatch(/^\/v1(?:beta)?\/[^/]/);
  });
});

test("a key that Google rejects with 400 is the gateway's error, not the caller's", async () => {
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }];
  const body = { error: { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT", details } };
  expect(await requestError("google-generative-ai", jsonResponse(body, 400))).toMatchObject({
    code: "upstream_auth",
  });
});

test("the time to wait is read from the body of Google's errors", async () => {
  const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "33.4s" }];
  const body = { error: { code: 429, message: "Quota.", status: "RESOURCE_EXHAUSTED", details } };
  expect(await requestError("google-generative-ai", jsonResponse(body, 429))).toMatchObject({
    code: "rate_limit_exceeded",
    retryAfterSeconds: 34,
  });
});

test("an Anthropic account without credit is the gateway's error, not the caller's", async () => {
  const error = { type: "invalid_request_error", message: "Your credit balance is too low." };
  expect(await requestError("anthropic-messages", jsonResponse({ type: "error", error }, 400))).toMatchObject(
    {
      code: "upstream_auth",
    },
  );
});

test.for<[ApiName, object]>([
  ["anthropic-messages", { type: "error", error: { type: "rate_limit_error", message: "Slow down." } }],
  ["openai-responses", { type: "error", code: "rate_limit_exceeded", message: "Slow down.", param: null }],
  ["google-generative-ai", { error: { code: 429, message: "Slow down.", status: "RESOURCE_EXHAUSTED" } }],
])("an error of %s within the stream is a rate limit", async ([api, body]) => {
  expect(await requestError(api, sseResponse(`data: ${JSON.stringify(body)}\n\n`))).toMatchObject({
    code: "rate_limit_exceeded",
    message: expect.stringContaining("Slow down.") as string,
  });
});

test("an unsupported call is rejected before anything is sent", async () => {
  await using provider = await startScriptedProvider();
  const call = createModelCall({ responseFormat: { type: "json_object" }, stream: false });
  const error = await collectModelError(createApiModel("anthropic-messages", provider.baseUrl, "m"), call);
  expect(error.code).toBe("unsupported_value");
  expect(provider.connections()).toBe(0);
});
