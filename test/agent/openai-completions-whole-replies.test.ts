/** Calls for a whole reply to servers that only stream, or that stream without being asked. */
import { describe, expect, test } from "vitest";
import { getDefaultCompat } from "../../server/agent/models/openai-completions/compat.ts";
import { finish, unstreamedCall } from "../support/providers/completion-events.ts";
import {
  collectModelError,
  collectModelEvents,
  createCompletionsModel,
} from "../support/providers/openai-completions.ts";
import {
  closeConnection,
  completionChunk,
  jsonResponse,
  sseFrames,
  sseResponse,
  startScriptedProvider,
} from "../support/providers/scripted-provider.ts";

const stream = sseResponse(sseFrames(completionChunk({ content: "a" }), completionChunk({}, "stop")));
const textEvents = [{ type: "text", text: "a" }, finish];
const rejection = (message: string, status = 400) => jsonResponse({ error: { message } }, status);
const readStreamFlags = (requests: readonly { readonly body: unknown }[]): readonly unknown[] =>
  requests.map(({ body }) => (body as { readonly stream?: unknown }).stream);

describe("a rejection that demands streaming", () => {
  test.for([
    "This model only support stream mode, please enable the stream parameter to access the model.",
    "Stream must be set to true",
    "stream=true is required",
    "Streaming is required for operations that may take longer than 10 minutes.",
    "Only streaming requests are supported by this model",
    "This model requires `stream: true`",
    "Non-streaming responses are not supported",
    '"stream": false is not supported',
    "parameter.enable_thinking must be set to false for non-streaming calls",
  ])("is asked again, streamed, and remembered: %s", async (message) => {
    await using provider = await startScriptedProvider();
    provider.script(rejection(message), stream, stream);
    const model = createCompletionsModel(provider.baseUrl);
    expect(await collectModelEvents(model, unstreamedCall)).toEqual(textEvents);
    expect(await collectModelEvents(model, unstreamedCall)).toEqual(textEvents);
    expect(readStreamFlags(provider.requests())).toEqual([false, true, true]);
  });

  test("may have status 422, or come with status 200", async () => {
    await using provider = await startScriptedProvider();
    const inBody = jsonResponse({ error: { code: 400, message: "Stream must be set to true" } });
    provider.script(rejection("stream is required", 422), stream, inBody, stream);
    for (const _ of [1, 2])
      expect(await collectModelEvents(createCompletionsModel(provider.baseUrl), unstreamedCall)).toEqual(
        textEvents,
      );
  });

  test("is an error where the configuration says that the server does not require it, or for another status", async () => {
    await using provider = await startScriptedProvider();
    const compat = { ...getDefaultCompat(provider.baseUrl), requiresStreaming: false };
    provider.script(rejection("Stream must be set to true"), rejection("Stream must be set to true", 500));
    const configured = createCompletionsModel(provider.baseUrl, { compat });
    expect((await collectModelError(configured, unstreamedCall)).code).toBe("upstream_rejected");
    expect((await collectModelError(createCompletionsModel(provider.baseUrl), unstreamedCall)).code).toBe(
      "upstream_error",
    );
    expect(provider.requests()).toHaveLength(2);
  });

  test("that comes again for the stream is the error of the call", async () => {
    await using provider = await startScriptedProvider();
    provider.script(rejection("Stream must be set to true"), rejection("Stream must be set to true"));
    expect((await collectModelError(createCompletionsModel(provider.baseUrl), unstreamedCall)).code).toBe(
      "upstream_rejected",
    );
    expect(provider.requests()).toHaveLength(2);
  });
});

test.for([
  "The field `streams` is unknown.",
  "max_tokens: the stream of tokens is too long",
  "upstream.example: bad request",
])("another rejection is not asked again: %s", async (message) => {
  await using provider = await startScriptedProvider();
  provider.script(rejection(message));
  expect((await collectModelError(createCompletionsModel(provider.baseUrl), unstreamedCall)).code).toBe(
    "upstream_rejected",
  );
  expect(provider.requests()).toHaveLength(1);
});

test("the configuration can say that a server requires streaming", async () => {
  await using provider = await startScriptedProvider();
  provider.script(stream);
  const compat = { ...getDefaultCompat(provider.baseUrl), requiresStreaming: true };
  expect(
    await collectModelEvents(createCompletionsModel(provider.baseUrl, { compat }), unstreamedCall),
  ).toEqual(textEvents);
  expect(readStreamFlags(provider.requests())).toEqual([true]);
});

test("a stream in place of a whole reply has no content when it is cut, so that a fallback can answer", async () => {
  await using provider = await startScriptedProvider();
  provider.script(
    sseResponse(
      sseFrames(completionChunk({ content: "a" })).replace("data: [DONE]\n\n", ""),
      { waitMs: 50 },
      closeConnection,
    ),
  );
  const events = await collectModelEvents(createCompletionsModel(provider.baseUrl), unstreamedCall);
  expect(events).toMatchObject([{ type: "error", error: { code: "upstream_protocol" } }]);
});
