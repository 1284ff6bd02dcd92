/** Answers of the APIs of the AI SDK in other forms: compressed, under another label, errors as successes, a reply in the last event only. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ModelEvent } from "../../server/agent/types.ts";
import { apiNames, createApiModel, readRecordedStream, type ApiName } from "../support/providers/ai-sdk.ts";
import {
  collectModelError,
  collectModelEvents,
  createModelCall,
} from "../support/providers/openai-completions.ts";
import {
  jsonResponse,
  sseResponse,
  startScriptedProvider,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

async function read(api: ApiName, answer: ScriptedResponse): Promise<readonly ModelEvent[]> {
  await using provider = await startScriptedProvider();
  provider.script(answer);
  const call = createModelCall({ tools: [{ name: "look" }] });
  return (await collectModelEvents(createApiModel(api, provider.baseUrl, "m"), call)).filter(
    ({ type }) => type !== "state" && type !== "tool_call_state",
  );
}

const joinText = (events: readonly ModelEvent[]): string =>
  events.map((event) => (event.type === "text" ? event.text : "")).join("");

describe.for(apiNames)("%s", (api) => {
  const bytes = readRecordedStream(api, "text");

  test.for([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
  ] as const)("is read when it is compressed: %s", async ([encoding, compress]) => {
    const headers = { "content-type": "text/event-stream", "content-encoding": encoding };
    const events = await read(api, { headers, steps: [compress(bytes)] });
    expect([joinText(events), events.at(-1)?.type]).toEqual(["Grüße, 世界 👋🏽!", "finish"]);
  });

  test.for(["text/plain", "application/json"])("is read under the label %s", async (type) => {
    const events = await read(api, { headers: { "content-type": type }, steps: [bytes] });
    expect([joinText(events), events.at(-1)?.type]).toEqual(["Grüße, 世界 👋🏽!", "finish"]);
  });

  test.for([
    [{ error: { code: 429, message: "slow down" } }, "rate_limit_exceeded"],
    [{ error: { code: "context_length_exceeded", message: "too long" } }, "context_length_exceeded"],
    [{ error: { message: "no" } }, "upstream_protocol"],
  ] as const)("an error in place of the stream means what it says: %j", async ([body, code]) => {
    await using provider = await startScriptedProvider();
    provider.script(jsonResponse(body));
    expect((await collectModelError(createApiModel(api, provider.baseUrl, "m"))).code).toBe(code);
  });
});

describe("a Responses server that gives its output in the last event", () => {
  const message = {
    type: "message",
    id: "m1",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "Hello.", annotations: [] }],
  };
  const call = {
    type: "function_call",
    id: "f1",
    call_id: "c1",
    name: "look",
    arguments: '{"at":1}',
    status: "completed",
  };
  const usage = { input_tokens: 1, output_tokens: 2 };
  const last = (output: readonly object[], events: readonly object[] = []): ScriptedResponse => {
    const created = { type: "response.created", response: { id: "r", created_at: 1, model: "m" } };
    const completed = { type: "response.completed", response: { id: "r", output, usage } };
    return sseResponse(
      [created, ...events, completed].map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""),
    );
  };

  test("text is the answer", async () => {
    const events = await read("openai-responses", last([message]));
    expect(joinText(events)).toBe("Hello.");
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop" });
  });

  test("a call is a call", async () => {
    expect(await read("openai-responses", last([call]))).toMatchObject([
      { type: "tool_call", index: 0, id: "c1", name: "look" },
      { type: "tool_call_arguments", index: 0, fragment: '{"at":1}' },
      { type: "finish", reason: "tool_calls" },
    ]);
  });

  test("what was streamed is not said twice", async () => {
    const delta = {
      type: "response.output_text.delta",
      item_id: "m1",
      output_index: 0,
      content_index: 0,
      delta: "Hello.",
    };
    const added = { type: "response.output_item.added", output_index: 0, item: { ...message, content: [] } };
    const events = await read("openai-responses", last([message, call], [added, delta]));
    expect(joinText(events)).toBe("Hello.");
    expect(events.filter(({ type }) => type === "tool_call")).toHaveLength(1);
  });
});

describe("a whole reply in place of a stream has the same events", () => {
  const anthropic = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [
      { type: "thinking", thinking: "Hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "eA==" },
      { type: "text", text: "I look." },
      { type: "tool_use", id: "t1", name: "look", input: { at: 1 } },
      { type: "tool_use", id: "t2", name: "look", input: {} },
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 21, output_tokens: 5, cache_read_input_tokens: 7, cache_creation_input_tokens: 3 },
  };
  const responses = {
    id: "resp_1",
    object: "response",
    status: "completed",
    output: [
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Hm." }],
        encrypted_content: "x",
      },
      {
        type: "message",
        id: "m_1",
        role: "assistant",
        content: [{ type: "output_text", text: "I look.", annotations: [] }],
      },
      { type: "function_call", id: "f_1", call_id: "t1", name: "look", arguments: '{"at":1}' },
      { type: "function_call", id: "f_2", call_id: "t2", name: "look", arguments: "{}" },
    ],
    usage: { input_tokens: 31, output_tokens: 5, input_tokens_details: { cached_tokens: 7 } },
  };
  const call = (name: string, args: object) => ({ functionCall: { id: name, name: "look", args } });
  const google = {
    candidates: [
      {
        content: {
          role: "model",
          parts: [
            { text: "Hm.", thought: true, thoughtSignature: "s" },
            { text: "I look." },
            { ...call("t1", { at: 1 }), thoughtSignature: "s2" },
            call("t2", {}),
          ],
        },
        finishReason: "STOP",
      },
    ],
    usageMetadata: { promptTokenCount: 31, candidatesTokenCount: 5, cachedContentTokenCount: 7 },
  };

  test.for([
    [
      "anthropic-messages",
      anthropic,
      "thinking state text tool_call tool_call_arguments tool_call tool_call_arguments finish",
    ],
    [
      "openai-responses",
      responses,
      "thinking state text state tool_call tool_call_arguments tool_call_state tool_call tool_call_arguments tool_call_state finish",
    ],
    [
      "google-generative-ai",
      google,
      "thinking state text tool_call tool_call_arguments tool_call_state tool_call tool_call_arguments finish",
    ],
  ] as const)("%s", async ([api, reply, order]) => {
    await using provider = await startScriptedProvider();
    provider.script(jsonResponse(reply));
    const model = createApiModel(api, provider.baseUrl, "m");
    const events = await collectModelEvents(model, createModelCall({ tools: [{ name: "look" }] }));
    expect(events.map(({ type }) => type).join(" ")).toBe(order);
    expect(joinText(events)).toBe("I look.");
    expect(events.filter(({ type }) => type === "tool_call")).toMatchObject([{ id: "t1" }, { id: "t2" }]);
    expect(
      events.flatMap((event) =>
        event.type === "tool_call_arguments" ? [JSON.parse(event.fragment) as unknown] : [],
      ),
    ).toEqual([{ at: 1 }, {}]);
    expect(events.at(-1)).toMatchObject({ reason: "tool_calls", usage: { input: 31, output: 5, cached: 7 } });
  });

  test("a refusal, an incomplete response and a failed one keep their meaning", async () => {
    const refusal = [
      { type: "message", id: "m", role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    ];
    const incomplete = {
      ...responses,
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    };
    const failed = { ...responses, status: "failed", error: { code: "server_error", message: "no" } };
    expect(await read("openai-responses", jsonResponse({ ...responses, output: refusal }))).toMatchObject([
      { type: "refusal", text: "No." },
      { reason: "stop" },
    ]);
    expect((await read("openai-responses", jsonResponse(incomplete))).at(-1)).toMatchObject({
      reason: "length",
    });
    expect((await read("openai-responses", jsonResponse(failed))).at(-1)).toMatchObject({
      error: { code: "upstream_error" },
    });
  });
});

test("events that a later version of an API adds are skipped", async () => {
  for (const api of ["anthropic-messages", "openai-responses"] as const) {
    const bytes = readRecordedStream(api, "text").replaceAll(
      /^(?=event: )/gm,
      'event: later\ndata: {"type":"later","index":9}\n\n',
    );
    const events = await read(api, sseResponse(bytes));
    expect([joinText(events), events.at(-1)?.type]).toEqual(["Grüße, 世界 👋🏽!", "finish"]);
  }
});

test.for([
  ["google-generative-ai", "UNEXPECTED_TOOL_CALL", "upstream_error"],
  ["google-generative-ai", "MALFORMED_RESPONSE", "upstream_error"],
  ["google-generative-ai", "LANGUAGE", "content_filter"],
  ["google-generative-ai", "MODEL_LENGTH", "length"],
  ["anthropic-messages", "max_output_tokens", "length"],
  ["anthropic-messages", "sensitive", "content_filter"],
  ["anthropic-messages", "later_reason", "stop"],
] as const)("%s: the finish reason %s is %s", async ([api, reason, meaning]) => {
  const reply =
    api === "google-generative-ai"
      ? { candidates: [{ content: { role: "model", parts: [{ text: "a" }] }, finishReason: reason }] }
      : { type: "message", role: "assistant", content: [{ type: "text", text: "a" }], stop_reason: reason };
  const last = (await read(api, jsonResponse(reply))).at(-1);
  expect(last?.type === "finish" ? last.reason : last?.type === "error" && last.error.code).toBe(meaning);
});

test.for([
  ["anthropic-messages", "/messages", "/v1/messages"],
  ["openai-responses", "/responses/", "/v1/responses"],
  ["openai-responses", "/chat/completions", "/v1/responses"],
] as const)("%s: a base URL may be the address of an endpoint: %s", async ([api, ending, path]) => {
  await using provider = await startScriptedProvider();
  provider.script(sseResponse(readRecordedStream(api, "text")));
  await collectModelEvents(createApiModel(api, `${provider.baseUrl}${ending}`, "m"));
  expect(provider.requests()[0]?.path).toBe(path);
});
