/** The parts of a model's turn: their order, the state of each, and what older stores kept instead. */
import { describe, expect, test } from "vitest";
import { readStoredTurn } from "../../server/agent/sessions/stored-turn.ts";
import { createStep, type Step } from "../../server/agent/step.ts";
import type { ModelEvent, Run, RunEvent, Turn } from "../../server/agent/types.ts";
import { randomId } from "../../server/lib/ids.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { createTestRun, noLimits } from "../support/runs/runs.ts";

const model = "test model";
const thinking = (text: string): ModelEvent => ({ type: "thinking", text });
const text = (fragment: string): ModelEvent => ({ type: "text", text: fragment });
const state = (part: "thinking" | "text", signature: string): ModelEvent => ({
  type: "state",
  model,
  part,
  state: { signature },
});
const call = (index: number, name: string): readonly ModelEvent[] => [
  { type: "tool_call", index, id: `c${index}`, name },
  { type: "tool_call_arguments", index, fragment: "{}" },
];
const stop: ModelEvent = { type: "finish", reason: "stop" };

const clientTools: Partial<Run> = { tools: [{ name: "look" }] };

function createTestStep(limits = noLimits): Step {
  return createStep(createTestRun({ model: createScriptedModel([]), ...clientTools }), [], randomId, limits);
}

function readTurn(events: readonly ModelEvent[]): {
  readonly turn: Turn | undefined;
  readonly seen: readonly RunEvent[];
} {
  const step = createTestStep();
  const seen = events.map((event) => step.push(event)).filter((event) => event !== undefined);
  return { turn: step.toTurn(), seen };
}

test("thinking, text and calls stay in the order in which the model wrote them", () => {
  const { turn } = readTurn([
    thinking("a"),
    thinking("b"),
    text("c"),
    ...call(0, "look"),
    thinking("d"),
    ...call(1, "exec"),
    text("e"),
    stop,
  ]);
  expect(turn).toEqual({
    role: "assistant",
    content: [
      { type: "thinking", text: "ab" },
      { type: "text", text: "c" },
      { type: "tool_call", id: "c0", name: "look", arguments: "{}" },
      { type: "thinking", text: "d" },
      { type: "tool_call", id: "c1", name: "exec", arguments: "{}" },
      { type: "text", text: "e" },
    ],
  });
});

test("a state belongs to the part before it and ends it; without one it is an empty part", () => {
  const { turn } = readTurn([
    thinking("a"),
    state("thinking", "1"),
    thinking("b"),
    state("thinking", "2"),
    state("thinking", "3"),
    text("c"),
    stop,
  ]);
  expect(turn).toMatchObject({
    model,
    content: [
      { type: "thinking", text: "a", state: { signature: "1" } },
      { type: "thinking", text: "b", state: { signature: "2" } },
      { type: "thinking", text: "", state: { signature: "3" } },
      { type: "text", text: "c" },
    ],
  });
});

test("the caller gets the state of its own calls, and the turn has the state of all", () => {
  const stateOf = (index: number): ModelEvent => ({
    type: "tool_call_state",
    model,
    index,
    state: { signature: String(index) },
  });
  const { turn, seen } = readTurn([...call(0, "exec"), stateOf(0), ...call(1, "look"), stateOf(1), stop]);
  expect(turn).toMatchObject({
    content: [
      { name: "exec", state: { signature: "0" } },
      { name: "look", state: { signature: "1" } },
    ],
  });
  expect(seen.filter(({ type }) => type === "tool_call_state")).toEqual([
    { type: "tool_call_state", model, index: 0, state: { signature: "1" } },
  ]);
});

test("a truncated turn has no state, since no provider takes back half of what it signed", () => {
  const step = createTestStep();
  for (const event of [thinking("a"), state("thinking", "1"), text("b")]) step.push(event);
  expect(step.toTurn("aborted")).toEqual({
    role: "assistant",
    content: [
      { type: "thinking", text: "a" },
      { type: "text", text: "b" },
    ],
    cut: "aborted",
  });
});

test("state counts as part of the answer", () => {
  const step = createTestStep({ ...noLimits, maxAnswerBytes: 100 });
  step.push(state("thinking", "x".repeat(200)));
  expect(step.getExceededLimit()).toBe("maxAnswerBytes");
});

test("a model that alternates between thinking and text fills a turn with text, not with parts", () => {
  const step = createTestStep();
  for (let i = 0; i < 5_000; i += 1) {
    step.push(thinking("t"));
    step.push(text("x"));
  }
  const turn = step.toTurn();
  expect(turn?.content.length).toBe(1_024);
  const textOf = (type: string): string =>
    turn?.content.map((part) => (part.type === type && "text" in part ? part.text : "")).join("") ?? "";
  expect([textOf("thinking").length, textOf("text").length]).toEqual([5_000, 5_000]);
});

describe("turns of older stores", () => {
  test("have their texts and calls in the usual order", () => {
    const stored = {
      role: "assistant" as const,
      text: "b",
      thinking: "a",
      calls: [{ id: "c", name: "go", arguments: "{}" }],
    };
    expect(readStoredTurn(stored)).toEqual({
      role: "assistant",
      content: [
        { type: "thinking", text: "a" },
        { type: "text", text: "b" },
        { type: "tool_call", id: "c", name: "go", arguments: "{}" },
      ],
    });
  });

  test("keep the order and the state that a provider needs back", () => {
    const stored = {
      role: "assistant" as const,
      text: "Look.\n\nDone.",
      thinking: "One.\n\nTwo.",
      refusal: "No.",
      calls: [
        { id: "c", name: "go", arguments: "{}" },
        { id: "d", name: "run", arguments: "" },
      ],
      cut: "error" as const,
      state: {
        model,
        data: [
          {
            kind: "thinking" as const,
            id: "0",
            from: 0,
            length: 4,
            marks: { anthropic: { signature: "s1" } },
          },
          { kind: "text" as const, id: "1", from: 0, length: 5 },
          {
            kind: "call" as const,
            id: "c",
            from: 0,
            length: 0,
            marks: { google: { thoughtSignature: "s2" } },
          },
          { kind: "thinking" as const, id: "2", from: 6, length: 4 },
        ],
      },
    };
    expect(readStoredTurn(stored)).toEqual({
      role: "assistant",
      model,
      cut: "error",
      content: [
        {
          type: "thinking",
          text: "One.",
          state: { blocks: [{ from: 0, length: 4, metadata: { anthropic: { signature: "s1" } } }] },
        },
        { type: "text", text: "Look.", state: { blocks: [{ from: 0, length: 5 }] } },
        {
          type: "tool_call",
          id: "c",
          name: "go",
          arguments: "{}",
          state: { metadata: { google: { thoughtSignature: "s2" } } },
        },
        { type: "thinking", text: "\n\nTwo.", state: { blocks: [{ from: 2, length: 4 }] } },
        { type: "text", text: "\n\nDone." },
        { type: "refusal", text: "No." },
        { type: "tool_call", id: "d", name: "run", arguments: "" },
      ],
    });
  });

  test("of users and tools, and newer ones, are unchanged", () => {
    const turns: readonly Turn[] = [
      { role: "user", content: [] },
      { role: "tool", callId: "c", content: [], isError: true },
      { role: "assistant", content: [{ type: "text", text: "a" }] },
    ];
    expect(turns.map(readStoredTurn)).toEqual(turns);
  });
});
