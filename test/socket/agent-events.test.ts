/** Conversion of run events to `agent` events, including events that no scripted model emits. */
import { expect, test } from "vitest";
import type { RunEvent } from "../../server/agent/types.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { createAgentEventSink, type AgentEvent } from "../../server/socket/agent-events.ts";
import { createTestRun } from "../support/runs/runs.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

interface SentEvent {
  readonly event: AgentEvent;
  readonly droppable: boolean;
}

function sendAll(...events: readonly RunEvent[]): readonly SentEvent[] {
  const sent: SentEvent[] = [];
  const run = createTestRun({ id: "r1", model: createScriptedModel([]), sessionKey: "agent:main:a" });
  const sink = createAgentEventSink(
    run,
    () => 7,
    (event, droppable) => sent.push({ event, droppable }),
  );
  for (const event of events) sink.emit(event);
  return sent;
}

const error = new GatewayError("upstream_error", "The provider is down.");
const text = (words: string) => [{ type: "text", text: words }] as const;

test("each run event has its stream, its number, and whether it is droppable", () => {
  const sent = sendAll(
    { type: "start" },
    { type: "fallback", from: "a/1", to: "b/2", error },
    { type: "compaction", summary: "They spoke of Ulm." },
    { type: "refusal", text: "No." },
    { type: "tool_start", call: { id: "c1", name: "exec", arguments: "{not json" } },
    { type: "tool_output", callId: "c1", text: "half" },
    { type: "tool_result", callId: "c1", output: { content: text("all of it"), isError: true } },
    { type: "end", reason: "error", usage: undefined, error },
  );
  expect(sent.map(({ event }) => event.seq)).toEqual(sent.map((_, index) => index + 1));
  expect(sent.map(({ event: { stream, data }, droppable }) => [stream, data, droppable])).toEqual([
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

test("a long message is sent less often, and is complete before the next event", () => {
  const delta: RunEvent = { type: "text", text: "x".repeat(1_000) };
  const sent = sendAll(...Array.from({ length: 100 }, () => delta), {
    type: "end",
    reason: "stop",
    usage: undefined,
  });
  const updates = sent.flatMap(({ event: { stream, data } }) => (stream === "assistant" ? [data] : []));
  expect(updates.length).toBeLessThan(20);
  expect(updates.at(-1)?.text).toBe("x".repeat(100_000));
  expect(updates.map(({ delta }) => delta).join("")).toBe("x".repeat(100_000));
});
