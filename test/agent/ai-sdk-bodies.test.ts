/** Answers of the APIs of the AI SDK in other forms: compressed, under another label, errors as successes, a reply in the last event only. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  apiNames,
  createApiModel,
  joinText,
  readAnswer,
  readRecordedStream,
} from "../support/providers/ai-sdk.ts";
import { collectModelError } from "../support/providers/openai-completions.ts";
import {
  jsonResponse,
  sseResponse,
  startScriptedProvider,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

describe.for(apiNames)("%s", (api) => {
  const bytes = readRecordedStream(api, "text");

  test.for([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
  ] as const)("is read when it is compressed: %s", async ([encoding, compress]) => {
    const headers = { "content-type": "text/event-stream", "content-encoding": encoding };
    const events = await readAnswer(api, { headers, steps: [compress(bytes)] });
    expect([joinText(events), events.at(-1)?.type]).toEqual(["Grüße, 世界 👋🏽!", "finish"]);
  });

  test.for(["text/plain", "application/json"])("is read under the label %s", async (type) => {
    const events = await readAnswer(api, { headers: { "content-type": type }, steps: [bytes] });
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
    const events = await readAnswer("openai-responses", last([message]));
    expect(joinText(events)).toBe("Hello.");
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop" });
  });

  test("a call is a call", async () => {
    expect(await readAnswer("openai-responses", last([call]))).toMatchObject([
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
    const events = await readAnswer("openai-responses", last([message, call], [added, delta]));
    expect(joinText(events)).toBe("Hello.");
    expect(events.filter(({ type }) => type === "tool_call")).toHaveLength(1);
  });
});
