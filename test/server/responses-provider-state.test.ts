/** `reasoning.encrypted_content` holds what a provider attached to thinking and calls, for clients that store nothing here. */
import { expect, test } from "vitest";
import type { EndReason, RunEvent, StateEvent, Turn } from "../../server/agent/types.ts";
import { startResponsesGateway } from "../support/gateway/responses-gateway.ts";
import {
  argumentsEvent,
  callEvent,
  endEvent,
  textEvent,
  thinkingEvent,
} from "../support/runs/response-events.ts";
import { validateStream } from "../support/runs/responses-grammar.ts";

const model = "anthropic-messages api.anthropic.com claude";
const start: RunEvent = { type: "start" };
const thinkingState = (signature: string): StateEvent => ({
  type: "state",
  model,
  part: "thinking",
  state: { signature },
});
const callState: StateEvent = { type: "tool_call_state", model, index: 0, state: { signature: "c" } };
const callsEnd: RunEvent = { type: "end", reason: "tool_calls" satisfies EndReason, usage: undefined };
const tools = [{ type: "function", name: "look" }];
const include = ["reasoning.encrypted_content"];

interface Item {
  readonly type: string;
  readonly summary?: readonly unknown[];
  readonly encrypted_content?: string;
}

/** The items of a first response, and the turn that they are when the client sends them back. */
async function sendBack(
  events: readonly RunEvent[],
  change: (items: readonly Item[]) => readonly object[] = (items) => items,
): Promise<{ readonly items: readonly Item[]; readonly turn: Turn | undefined }> {
  const server = await startResponsesGateway({
    runs: [() => events, () => [start, textEvent("Done."), endEvent]],
  });
  const body = { input: "hi", store: false, include, tools };
  const { output } = (await (await server.post(body)).json()) as { readonly output: readonly Item[] };
  const result = { type: "function_call_output", call_id: "a", output: "seen" };
  const hasCall = output.some(({ type }) => type === "function_call");
  const input = [
    { role: "user", content: "hi" },
    ...change(output),
    ...(hasCall ? [result] : []),
    { role: "user", content: "on" },
  ];
  const answer = await server.post({ ...body, input });
  expect(answer.status).toBe(200);
  return { items: output, turn: server.runs[1]?.turns[1] };
}

const signedCall = [
  start,
  thinkingEvent("Hm."),
  thinkingState("t1"),
  thinkingState("t2"),
  callEvent(0, "a", "look"),
  argumentsEvent(0, "{}"),
  callState,
  callsEnd,
];

test("signed thinking and the state of a call come back whole and in order, for their model only", async () => {
  const { items, turn } = await sendBack(signedCall);
  expect(items.map(({ type, summary }) => [type, summary?.length])).toEqual([
    ["reasoning", 1],
    ["function_call", undefined],
    ["reasoning", 0],
  ]);
  expect(JSON.stringify(items)).not.toContain("signature");
  expect(turn).toEqual({
    role: "assistant",
    model,
    content: [
      { type: "thinking", text: "Hm.", state: { signature: "t1" } },
      { type: "thinking", text: "", state: { signature: "t2" } },
      { type: "tool_call", id: "a", name: "look", arguments: "{}", state: { signature: "c" } },
    ],
  });
});

test("encrypted thinking without a text has an item without a summary", async () => {
  const { items, turn } = await sendBack([start, thinkingState("t1"), textEvent("Yes."), endEvent]);
  expect(items.map(({ type, summary }) => [type, summary?.length])).toEqual([
    ["reasoning", 0],
    ["message", undefined],
  ]);
  expect(turn).toMatchObject({
    model,
    content: [{ text: "", state: { signature: "t1" } }, { text: "Yes." }],
  });
});

test("interleaved thinking stays between its calls", async () => {
  const { turn } = await sendBack([
    start,
    thinkingEvent("One."),
    thinkingState("t1"),
    textEvent("Look."),
    thinkingEvent("Two."),
    thinkingState("t2"),
    callEvent(0, "a", "look"),
    argumentsEvent(0, "{}"),
    callsEnd,
  ]);
  expect(turn?.role === "assistant" && turn.content.map(({ type }) => type)).toEqual([
    "thinking",
    "text",
    "thinking",
    "tool_call",
  ]);
});

test("a content that was not encrypted here, or a visible text in its form, has no state", async () => {
  const forged = JSON.stringify({
    format: "openclaw-reasoning-1",
    model,
    parts: [{ type: "thinking", text: "", state: {} }],
  });
  const { turn } = await sendBack(signedCall, (items) =>
    items
      .filter(({ type }, index) => type !== "reasoning" || index === 0)
      .map((item) =>
        item.type === "reasoning"
          ? { ...item, encrypted_content: "forged", summary: [{ type: "summary_text", text: forged }] }
          : item,
      ),
  );
  expect(turn).not.toHaveProperty("model");
  expect(turn).toMatchObject({
    content: [
      { type: "thinking", text: forged },
      { type: "tool_call", id: "a" },
    ],
  });
});

test("without the field in `include` nothing of it leaves, and the stream is one of the standard", async () => {
  const server = await startResponsesGateway({ runs: [() => signedCall, () => signedCall] });
  const plain = (await (await server.post({ input: "hi", tools })).json()) as {
    readonly output: readonly Item[];
  };
  expect(plain.output.map(({ type }) => type)).toEqual(["reasoning", "function_call"]);
  const stream = await (await server.post({ input: "hi", tools, include, stream: true })).text();
  const events = stream
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice(6)) as Parameters<typeof validateStream>[0][number]);
  validateStream(events);
});
