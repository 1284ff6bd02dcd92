import { expect, test } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import {
  callEvent,
  endEvent,
  foldWithoutListener,
  argumentsEvent,
  emitRun,
  textEvent,
  thinkingEvent,
} from "../support/runs/response-events.ts";
import { validateStream } from "../support/runs/responses-grammar.ts";

/** The types of the events, without their common prefix. */
const typesOf = (run: readonly RunEvent[]): readonly string[] =>
  emitRun(run).events.map(({ type }) => type.replace("response.", ""));

const endWith = (reason: "tool_calls" | "length" | "content_filter" | "aborted"): RunEvent => ({
  type: "end",
  reason,
  usage: undefined,
});

test("a text is a message: its item, its part and its deltas start in this order and end in reverse", () => {
  const { events, response } = emitRun([{ type: "start" }, textEvent("Hel"), textEvent("lo."), endEvent]);
  const place = { item_id: "msg_1_0", output_index: 0, content_index: 0 };
  const part = { type: "output_text", text: "Hello.", annotations: [], logprobs: [] };
  const item = {
    type: "message",
    id: "msg_1_0",
    status: "completed",
    role: "assistant",
    content: [part],
    phase: "final_answer",
  };
  expect(events.map(({ type }) => type).slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
  expect(events.slice(2, -1)).toEqual([
    {
      type: "response.output_item.added",
      sequence_number: 2,
      output_index: 0,
      item: { type: "message", id: "msg_1_0", status: "in_progress", role: "assistant", content: [] },
    },
    { type: "response.content_part.added", sequence_number: 3, ...place, part: { ...part, text: "" } },
    { type: "response.output_text.delta", sequence_number: 4, ...place, delta: "Hel", logprobs: [] },
    { type: "response.output_text.delta", sequence_number: 5, ...place, delta: "lo.", logprobs: [] },
    { type: "response.output_text.done", sequence_number: 6, ...place, text: "Hello.", logprobs: [] },
    { type: "response.content_part.done", sequence_number: 7, ...place, part },
    { type: "response.output_item.done", sequence_number: 8, output_index: 0, item },
  ]);
  expect(events.at(-1)).toEqual({ type: "response.completed", sequence_number: 9, response });
  expect(response).toMatchObject({
    status: "completed",
    completed_at: 1_767_225_601,
    output: [item],
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 1, cache_write_tokens: 0 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 12,
    },
  });
});

test("no event is emitted before the first content", () => {
  expect(emitRun([{ type: "start" }, textEvent(""), thinkingEvent("")]).events).toEqual([]);
});

test("reasoning is a summary before the item that it led to", () => {
  const run = [thinkingEvent("Hm"), thinkingEvent("m."), textEvent("Yes."), endEvent];
  expect(typesOf(run).slice(2, 9)).toEqual([
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
  ]);
  expect(emitRun(run).response.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
  expect(emitRun(run).response.output[0]).toEqual({
    type: "reasoning",
    id: "rs_1_0",
    summary: [{ type: "summary_text", text: "Hmm." }],
  });
});

test("reasoning is also encrypted on request", () => {
  const [item] = emitRun([thinkingEvent("Hm."), textEvent("Yes."), endEvent], {
    encrypt: (words) => `<${words}>`,
  }).response.output;
  expect(item).toMatchObject({ type: "reasoning", encrypted_content: "<Hm.>" });
});

test("a refusal is a part of its own, after the text before it", () => {
  const { response } = emitRun([textEvent("Well. "), { type: "refusal", text: "No." }, endEvent]);
  expect(response.output).toMatchObject([
    {
      content: [
        { type: "output_text", text: "Well. " },
        { type: "refusal", refusal: "No." },
      ],
    },
  ]);
});

test("text before a call is commentary, and the complete arguments come with the call's name", () => {
  const { events, response } = emitRun([
    textEvent("I look."),
    callEvent(0, "call_a", "look"),
    argumentsEvent(0, '{"at":'),
    argumentsEvent(0, "1}"),
    endWith("tool_calls"),
  ]);
  expect(response.output).toMatchObject([
    { type: "message", phase: "commentary", status: "completed" },
    { type: "function_call", id: "fc_1_1", call_id: "call_a", name: "look", arguments: '{"at":1}' },
  ]);
  expect(events.find(({ type }) => type === "response.function_call_arguments.done")).toMatchObject({
    item_id: "fc_1_1",
    output_index: 1,
    name: "look",
    arguments: '{"at":1}',
  });
  expect(response.status).toBe("completed");
});

test("calls follow each other, unless their deltas are interleaved: then they are open at the same time", () => {
  const apart = [
    callEvent(0, "a", "f"),
    argumentsEvent(0, "{}"),
    callEvent(1, "b", "g"),
    argumentsEvent(1, "{}"),
    endWith("tool_calls"),
  ];
  const mixed = [
    callEvent(0, "a", "f"),
    callEvent(1, "b", "g"),
    argumentsEvent(1, '{"x":'),
    argumentsEvent(0, "{}"),
    argumentsEvent(1, "2}"),
    endWith("tool_calls"),
  ];
  const listItemEvents = (run: readonly RunEvent[]) =>
    typesOf(run).filter((type) => type.startsWith("output_item"));
  expect(listItemEvents(apart)).toEqual([
    "output_item.added",
    "output_item.done",
    "output_item.added",
    "output_item.done",
  ]);
  expect(listItemEvents(mixed)).toEqual([
    "output_item.added",
    "output_item.added",
    "output_item.done",
    "output_item.done",
  ]);
  expect(emitRun(mixed).response.output).toMatchObject([{ arguments: "{}" }, { arguments: '{"x":2}' }]);
});

test("a call without arguments has an empty object, since clients parse them", () => {
  expect(emitRun([callEvent(0, "a", "f"), endWith("tool_calls")]).response.output).toMatchObject([
    { arguments: "{}", status: "completed" },
  ]);
});

test("a custom tool receives its text in one delta, taken from the JSON that the model wrote", () => {
  const run = [
    callEvent(0, "a", "shell"),
    argumentsEvent(0, '{"input":"ls'),
    argumentsEvent(0, ' -a"}'),
    endWith("tool_calls"),
  ];
  expect(typesOf(run).slice(2, -1)).toEqual([
    "output_item.added",
    "custom_tool_call_input.delta",
    "custom_tool_call_input.done",
    "output_item.done",
  ]);
  expect(emitRun(run).response.output).toMatchObject([
    { type: "custom_tool_call", call_id: "a", name: "shell", input: "ls -a" },
  ]);
});

test("calls of the agent's own tools are items on request only, and complete the message before them", () => {
  const run: readonly RunEvent[] = [
    textEvent("Let me see."),
    { type: "tool_start", call: { id: "own_1", name: "read", arguments: '{"path":"a"}' } },
    { type: "tool_output", callId: "own_1", text: "con" },
    {
      type: "tool_result",
      callId: "own_1",
      output: { content: [{ type: "text", text: "content" }], isError: false },
    },
    textEvent("It says content."),
    endEvent,
  ];
  expect(emitRun(run, { includesToolActivity: false }).response.output).toMatchObject([
    { type: "message", phase: "commentary" },
    { type: "message", phase: "final_answer" },
  ]);
  expect(emitRun(run).response.output[1]).toEqual({
    type: "openclaw:tool_call",
    id: "tool_1_1",
    status: "completed",
    call_id: "own_1",
    name: "read",
    arguments: '{"path":"a"}',
    output: "content",
    is_error: false,
  });
});

test("an empty reply still has a message", () => {
  const { events, response } = emitRun([thinkingEvent("Hm."), endEvent]);
  expect(response.output.at(-1)).toMatchObject({ type: "message", content: [{ text: "" }] });
  expect(events.map(({ type }) => type)).not.toContain("response.output_text.delta");
});

test("a limit makes the last item and the response incomplete, but not calls with complete arguments", () => {
  const { events, response } = emitRun([
    callEvent(0, "a", "f"),
    argumentsEvent(0, "{}"),
    callEvent(1, "b", "g"),
    argumentsEvent(1, '{"x'),
    endWith("length"),
  ]);
  expect(response).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    completed_at: null,
    output: [{ status: "completed" }, { status: "incomplete", arguments: '{"x' }],
  });
  expect(events.at(-1)?.type).toBe("response.incomplete");
  expect(emitRun([textEvent("Once upon"), endWith("length")]).response.output).toMatchObject([
    { status: "incomplete" },
  ]);
  expect(emitRun([textEvent("x"), endWith("content_filter")]).response.incomplete_details).toEqual({
    reason: "content_filter",
  });
});

test("a failure is an error event with both forms of the error, then the failed response", () => {
  const error = new GatewayError("upstream_error", "It broke.", { param: "input" });
  const { events, response } = emitRun([
    textEvent("Hel"),
    { type: "end", reason: "error", usage: undefined, error },
  ]);
  expect(events.at(-2)).toEqual({
    type: "error",
    sequence_number: 8,
    code: "upstream_error",
    message: "It broke.",
    param: "input",
    error: { type: "server_error", code: "upstream_error", message: "It broke.", param: "input" },
  });
  expect(events.at(-1)).toMatchObject({ type: "response.failed", sequence_number: 9 });
  expect(response).toMatchObject({
    status: "failed",
    error: { code: "server_error", message: "It broke." },
    output: [{ status: "incomplete" }],
  });
});

test("an aborted run is a cancelled response", () => {
  const { events, response } = emitRun([textEvent("Hel"), endWith("aborted")]);
  expect(events.slice(-2)).toMatchObject([
    { type: "error", code: "run_aborted" },
    { type: "response.failed" },
  ]);
  expect(response).toMatchObject({ status: "cancelled", error: null });
});

test("the response is the same without a listener", () => {
  const run = [
    thinkingEvent("Hm."),
    textEvent("I look."),
    callEvent(0, "a", "f"),
    argumentsEvent(0, "{}"),
    endWith("tool_calls"),
  ];
  const { events, response } = emitRun(run);
  expect(foldWithoutListener(run)).toEqual(response);
  expect(validateStream(events)).toEqual(response);
});
