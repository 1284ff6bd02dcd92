/** Tool calls of replies: servers differ in how they tell them apart. */
import { expect, test } from "vitest";
import {
  read,
  readChunks,
  call,
  finishCalls,
  callEvent,
  argumentsEvent,
  unstreamedCall,
  twoCalls,
} from "../support/providers/completion-events.ts";
import { completionChunk, jsonResponse } from "../support/providers/scripted-provider.ts";

test("a tool call is emitted once, then its arguments in fragments", async () => {
  expect(
    await readChunks(
      completionChunk(call(0, "a", "look", "")),
      completionChunk(call(0, undefined, undefined, '{"x"')),
      completionChunk(call(0, undefined, undefined, ":1}")),
      completionChunk(call(1, "b", "go", "{}")),
      completionChunk({}, "tool_calls"),
    ),
  ).toEqual([
    callEvent(0, "a", "look"),
    argumentsEvent(0, '{"x"'),
    argumentsEvent(0, ":1}"),
    callEvent(1, "b", "go"),
    argumentsEvent(1, "{}"),
    finishCalls,
  ]);
});

test("calls may be interleaved, with any indexes", async () => {
  expect(
    await readChunks(
      completionChunk(call(1, "a", "look")),
      completionChunk(call(4, "b", "go")),
      completionChunk(call(1, undefined, undefined, "1")),
      completionChunk(call(4, undefined, undefined, "2")),
      completionChunk({}, "tool_calls"),
    ),
  ).toEqual([
    callEvent(0, "a", "look"),
    callEvent(1, "b", "go"),
    argumentsEvent(0, "1"),
    argumentsEvent(1, "2"),
    finishCalls,
  ]);
});

test.for<[string, readonly object[]]>([
  ["whole calls without an index", [call(undefined, "a", "look", "{}"), call(undefined, "b", "go", "{}")]],
  ["whole calls that all have index 0", [call(0, "a", "look", "{}"), call(0, "b", "go", "{}")]],
  ["arguments as an object", [call(0, "a", "look", {}), call(1, "b", "go", {})]],
  [
    "id and name in every fragment",
    [call(0, "a", "look"), call(0, "a", "look", "{}"), call(1, "b", "go", "{}")],
  ],
  [
    "a new id in every fragment",
    [call(0, "a", "look"), call(0, "z", undefined, "{}"), call(1, "b", "go", "{}")],
  ],
  [
    "fragments without an index",
    [
      call(undefined, "a", "look"),
      call(undefined, undefined, undefined, "{}"),
      call(undefined, "b", "go"),
      call(undefined, "b", undefined, "{}"),
    ],
  ],
  [
    "the name after the arguments",
    [call(0, "a", undefined, "{}"), call(0, undefined, "look"), call(1, "b", "go", "{}")],
  ],
  [
    "a new id in every fragment and no index",
    [call(undefined, "a", "look"), call(undefined, "z", undefined, "{}"), call(undefined, "b", "go", "{}")],
  ],
  [
    "arguments on an index that no call has",
    [
      call(0, "a", "look"),
      call(1, undefined, undefined, "{}"),
      call(2, "b", "go"),
      call(3, undefined, undefined, "{}"),
    ],
  ],
  [
    "fragments by id alone",
    [call(undefined, "a", "look"), call(undefined, "a", undefined, "{}"), call(undefined, "b", "go", "{}")],
  ],
  [
    "empty entries",
    [
      call(0, "a", "look"),
      { tool_calls: [null, {}] },
      call(0, undefined, undefined, "{}"),
      call(1, "b", "go", "{}"),
    ],
  ],
  [
    "the same call as function_call too",
    [
      { ...call(0, "a", "look", "{}"), function_call: { name: "look", arguments: "{}" } },
      call(1, "b", "go", "{}"),
    ],
  ],
])("two calls are distinguished: %s", async ([, deltas]) => {
  expect(
    await readChunks(...deltas.map((delta) => completionChunk(delta)), completionChunk({}, "tool_calls")),
  ).toEqual(twoCalls);
});

test("calls without ids get empty ids, and without indexes each name starts a call", async () => {
  expect(
    await readChunks(
      completionChunk(call(undefined, undefined, "look", "{}")),
      completionChunk(call(undefined, undefined, "look", "{}")),
      completionChunk({}, "stop"),
    ),
  ).toEqual([
    callEvent(0, "", "look"),
    argumentsEvent(0, "{}"),
    callEvent(1, "", "look"),
    argumentsEvent(1, "{}"),
    finishCalls,
  ]);
});

test.for<[string, readonly object[]]>([
  ["one index", [call(0, undefined, "look", "{}"), call(0, undefined, "go", "{}")]],
  [
    "one index, the arguments in fragments",
    [call(0, undefined, "look", ""), call(0, undefined, undefined, "{}"), call(0, undefined, "go", "{}")],
  ],
  ["no index", [call(undefined, undefined, "look", "{}"), call(undefined, undefined, "go", "{}")]],
])("two calls without ids are distinguished: %s", async ([, deltas]) => {
  expect(
    await readChunks(...deltas.map((delta) => completionChunk(delta)), completionChunk({}, "tool_calls")),
  ).toEqual(twoCalls.map((event) => ("id" in event ? { ...event, id: "" } : event)));
});

test.for(["", "a"])(
  "one name and one index: calls are told apart by complete arguments, with id '%s'",
  async (id) => {
    const text = '{"x":"}\\"{"}';
    const next = id === "" ? text : '{"y":1}';
    expect(
      await readChunks(
        ...[text.slice(0, 5), text.slice(5), next].map((args) => completionChunk(call(0, id, "look", args))),
        completionChunk({}, "tool_calls"),
      ),
    ).toEqual([
      callEvent(0, id, "look"),
      argumentsEvent(0, text.slice(0, 5)),
      argumentsEvent(0, text.slice(5)),
      callEvent(1, id, "look"),
      argumentsEvent(1, next),
      finishCalls,
    ]);
  },
);

test("a complete call that is repeated with its id is read once", async () => {
  const repeatedCall = completionChunk(call(0, "a", "look", '{"x":1}'));
  expect(
    await readChunks(
      completionChunk(call(0, "a", "look", "")),
      completionChunk(call(0, undefined, undefined, '{"x":1}')),
      repeatedCall,
      completionChunk(call(1, "b", "go", "{}")),
      repeatedCall,
      // As LiteLLM does: its arguments are JSON in a JSON text.
      completionChunk(call(0, "a", undefined, JSON.stringify('{"x":1}'))),
      completionChunk({}, "tool_calls"),
    ),
  ).toEqual([
    callEvent(0, "a", "look"),
    argumentsEvent(0, '{"x":1}'),
    callEvent(1, "b", "go"),
    argumentsEvent(1, "{}"),
    finishCalls,
  ]);
});

test("each entry of a whole reply is a call, also with one id and one index for all", async () => {
  const entry = (name: string): object => ({ index: 0, id: "a", function: { name, arguments: "{}" } });
  const message = { content: null, tool_calls: [entry("look"), entry("look")] };
  expect(await read(jsonResponse({ choices: [{ message }] }), unstreamedCall)).toEqual([
    callEvent(0, "a", "look"),
    argumentsEvent(0, "{}"),
    callEvent(1, "a", "look"),
    argumentsEvent(1, "{}"),
    finishCalls,
  ]);
});

test("the deprecated function_call is a call", async () => {
  expect(
    await readChunks(
      completionChunk({ function_call: { name: "look", arguments: "" } }),
      completionChunk({ function_call: { arguments: "{}" } }),
      completionChunk({}, "function_call"),
    ),
  ).toEqual([callEvent(0, "", "look"), argumentsEvent(0, "{}"), finishCalls]);
});

test("a call without a name is an error", async () => {
  const events = await readChunks(
    completionChunk(call(0, "a", undefined, "{}")),
    completionChunk({}, "tool_calls"),
  );
  expect(events).toMatchObject([{ type: "error", error: { code: "upstream_protocol" } }]);
});
