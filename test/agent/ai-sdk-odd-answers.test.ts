/** Answers of the APIs of the AI SDK in place of a stream, from later versions, with other finish reasons, and without what the API requires. */
import { describe, expect, test } from "vitest";
import { createApiModel, joinText, readAnswer, readRecordedStream } from "../support/providers/ai-sdk.ts";
import { collectModelEvents, createModelCall } from "../support/providers/openai-completions.ts";
import { jsonResponse, sseResponse, startScriptedProvider } from "../support/providers/scripted-provider.ts";

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
    expect(
      await readAnswer("openai-responses", jsonResponse({ ...responses, output: refusal })),
    ).toMatchObject([{ type: "refusal", text: "No." }, { reason: "stop" }]);
    expect((await readAnswer("openai-responses", jsonResponse(incomplete))).at(-1)).toMatchObject({
      reason: "length",
    });
    expect((await readAnswer("openai-responses", jsonResponse(failed))).at(-1)).toMatchObject({
      error: { code: "upstream_error" },
    });
  });
});

test.for([
  ["no usage", {}],
  ["usage that is null", { usage: null }],
  [
    "counts that are null",
    { usage: { input_tokens: null, output_tokens: null, cache_read_input_tokens: null } },
  ],
  ["a message that has its text at the start too", { content: [{ type: "text", text: "Grüße" }] }],
] as const)("anthropic-messages: a stream is read with %s", async ([, change]) => {
  const bytes = readRecordedStream("anthropic-messages", "text").replaceAll(
    /^data: (.*)$/gm,
    (_, data: string) => {
      const {
        usage: _usage,
        message,
        ...event
      } = JSON.parse(data) as { usage?: object; message?: { usage?: object } };
      const { usage: _inner, ...rest } = message ?? {};
      return `data: ${JSON.stringify({ ...event, ...("usage" in change ? change : {}), ...(message && { message: { ...rest, ...change } }) })}`;
    },
  );
  const events = await readAnswer("anthropic-messages", sseResponse(bytes));
  expect([joinText(events), events.at(-1)?.type]).toEqual(["Grüße, 世界 👋🏽!", "finish"]);
  // Counts that are not there are none, not 0.
  expect(events.at(-1)).toMatchObject({ usage: undefined });
});

test("events that a later version of an API adds are skipped", async () => {
  for (const api of ["anthropic-messages", "openai-responses"] as const) {
    const bytes = readRecordedStream(api, "text").replaceAll(
      /^(?=event: )/gm,
      'event: later\ndata: {"type":"later","index":9}\n\n',
    );
    const events = await readAnswer(api, sseResponse(bytes));
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
  const last = (await readAnswer(api, jsonResponse(reply))).at(-1);
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

test.for([
  [
    "anthropic-messages",
    {
      type: "message",
      role: "assistant",
      content: [{ type: "tool_use", id: "t", name: "look" }],
      stop_reason: "tool_use",
    },
  ],
  [
    "openai-responses",
    {
      object: "response",
      status: "completed",
      output: [{ type: "function_call", call_id: "t", name: "look", arguments: "" }],
    },
  ],
  [
    "google-generative-ai",
    {
      candidates: [
        { content: { role: "model", parts: [{ functionCall: { name: "look" } }] }, finishReason: "STOP" },
      ],
    },
  ],
  [
    "google-generative-ai",
    {
      candidates: [
        {
          content: { role: "model", parts: [{ functionCall: { name: "look", args: null } }] },
          finishReason: "STOP",
        },
      ],
    },
  ],
] as const)("%s: a call without arguments is a call: %j", async ([api, reply]) => {
  const events = await readAnswer(api, jsonResponse(reply));
  expect(events.filter(({ type }) => type === "tool_call")).toMatchObject([{ name: "look" }]);
  const fragments = events
    .map((event) => (event.type === "tool_call_arguments" ? event.fragment : ""))
    .join("");
  expect(["", "{}"]).toContain(fragments);
  expect(events.at(-1)).toMatchObject({ type: "finish", reason: "tool_calls" });
});

test("parts that nobody knows, and fields that are null, lose only themselves", async () => {
  const parts = [
    { text: "a" },
    { laterPart: { x: 1 } },
    { text: null },
    { text: "b", thoughtSignature: null },
  ];
  const google = {
    candidates: [{ content: { role: "model", parts }, finishReason: "STOP", safetyRatings: null }],
    usageMetadata: {},
  };
  const ofGoogle = await readAnswer("google-generative-ai", jsonResponse(google));
  expect([joinText(ofGoogle), ofGoogle.at(-1)]).toMatchObject(["ab", { type: "finish", usage: undefined }]);
  const block = { type: "later_block", x: 1 };
  const message = {
    type: "message",
    role: "assistant",
    content: [{ type: "text", text: "a" }, block, { type: "text", text: "b" }],
    stop_reason: "end_turn",
  };
  const ofAnthropic = await readAnswer("anthropic-messages", jsonResponse(message));
  expect([joinText(ofAnthropic), ofAnthropic.at(-1)?.type]).toEqual(["ab", "finish"]);
  const search = {
    type: "content_block_start",
    index: 9,
    content_block: { type: "server_tool_use", id: "s", name: "later" },
  };
  const delta = {
    type: "content_block_delta",
    index: 9,
    delta: { type: "input_json_delta", partial_json: "{}" },
  };
  const encode = (event: object): string => `event: x\ndata: ${JSON.stringify(event)}\n\n`;
  const stream = readRecordedStream("anthropic-messages", "text").replace(
    /(?=event: content_block_start)/,
    encode(search) + encode(delta) + encode({ type: "content_block_stop", index: 9 }),
  );
  const withSearch = await readAnswer("anthropic-messages", sseResponse(stream));
  expect([
    joinText(withSearch),
    withSearch.filter(({ type }) => type === "tool_call"),
    withSearch.at(-1)?.type,
  ]).toEqual(["Grüße, 世界 👋🏽!", [], "finish"]);
  const item = { type: "later_call", id: "x" };
  const text = (words: string, id: string) => ({
    type: "message",
    id,
    role: "assistant",
    content: [{ type: "output_text", text: words, annotations: [] }],
  });
  const response = {
    object: "response",
    status: "completed",
    output: [text("a", "1"), item, text("b", "2")],
  };
  const ofResponses = await readAnswer("openai-responses", jsonResponse(response));
  expect([joinText(ofResponses), ofResponses.at(-1)?.type]).toEqual(["a\n\nb", "finish"]);
});
