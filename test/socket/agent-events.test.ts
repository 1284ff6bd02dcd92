/** What becomes of the events of a run, those that no scripted model makes included. */
import { expect, test } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/errors.ts";
import { agentEvents, type AgentEvent } from "../../server/socket/agent-events.ts";
import { testRun } from "../support/runs.ts";
import { scriptedModel } from "../support/scripted-model.ts";

interface Told {
  readonly event: AgentEvent;
  readonly droppable: boolean;
}

function tell(...events: readonly RunEvent[]): readonly Told[] {
  const told: Told[] = [];
  const run = testRun({ id: "r1", model: scriptedModel([]), sessionKey: "agent:main:a" });
  const teller = agentEvents(
    run,
    () => 7,
    (event, droppable) => told.push({ event, droppable }),
  );
  for (const event of events) teller.take(event);
  return told;
}

const error = new GatewayError("upstream_error", "The provider is down.");
const text = (words: string) => [{ type: "text", text: words }] as const;

test("each event of a run has its stream, its number, and whether it may be missed", () => {
  const told = tell(
    { type: "start" },
    { type: "fallback", from: "a/1", to: "b/2", error },
    { type: "compaction", summary: "They spoke of Ulm." },
    { type: "refusal", text: "No." },
    { type: "tool_start", call: { id: "c1", name: "exec", arguments: "{not json" } },
    { type: "tool_output", callId: "c1", text: "half" },
    { type: "tool_result", callId: "c1", output: { content: text("all of it"), isError: true } },
    { type: "end", reason: "error", usage: undefined, error },
  );
  expect(told.map(({ event }) => event.seq)).toEqual(told.map((_, index) => index + 1));
  expect(told.map(({ event: { stream, data }, droppable }) => [stream, data, droppable])).toEqual([
    ["lifecycle", { phase: "start", startedAt: 7 }, false],
    [
      "lifecycle",
      {
        phase: "fallback",
        from: "a/1",
        to: "b/2",
        error: "The provider is down.",
        errorKind: "upstream_error",
      },
      false,
    ],
    ["compaction", { phase: "end", summary: "They spoke of Ulm." }, false],
    ["assistant", { text: "No.", delta: "No." }, true],
    ["tool", { phase: "start", toolCallId: "c1", name: "exec", args: "{not json" }, false],
    ["tool", { phase: "update", toolCallId: "c1", partialResult: "half" }, true],
    ["tool", { phase: "result", toolCallId: "c1", isError: true, result: "all of it" }, false],
    [
      "lifecycle",
      { phase: "error", error: "The provider is down.", errorKind: "upstream_error", endedAt: 7 },
      false,
    ],
  ]);
});

test("a long message is told less often, and is whole before whatever comes next", () => {
  const piece: RunEvent = { type: "text", text: "x".repeat(1_000) };
  const told = tell(...Array.from({ length: 100 }, () => piece), {
    type: "end",
    reason: "stop",
    usage: undefined,
  });
  const said = told.flatMap(({ event: { stream, data } }) => (stream === "assistant" ? [data] : []));
  expect(said.length).toBeLessThan(20);
  expect(said.at(-1)?.text).toBe("x".repeat(100_000));
  expect(said.map(({ delta }) => delta).join("")).toBe("x".repeat(100_000));
});
