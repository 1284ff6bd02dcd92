/** Converts the events of one run to `agent` events. Each text event has the full current message and what is new. */
import type { events } from "../../contracts/index.ts";
import type { PayloadOf } from "../../contracts/socket/method.ts";
import { truncateText } from "../lib/truncate-text.ts";
import type { Clock } from "../lib/ports.ts";
import type { RunEvent } from "../agent/types.ts";
import type { Connection, TextDelta } from "./broadcaster.ts";
import type { WatchedRun } from "./share-run-events.ts";
import { createThrottledText } from "./throttled-text.ts";
import { toUsage } from "./usage.ts";
import { textOfParts } from "../agent/parts.ts";
import { computeCallCost } from "../telemetry/run-cost.ts";

export type AgentEvent = PayloadOf<(typeof events)["agent"]>;

export interface RunEventSink {
  emit(event: RunEvent): void;
}

/** Each event repeats the full text, so longer messages are sent less often. */
const unthrottledLength = 8_000;
const throttleMs = (length: number): number => (length <= unthrottledLength ? 0 : 50 + length / 200);
const maxResultLength = 64_000;

type EventBody = Pick<AgentEvent, "stream" | "data">;

export function createAgentEventSink(
  run: WatchedRun,
  clock: Clock,
  send: (event: AgentEvent, droppable: boolean, delta?: TextDelta) => void,
): RunEventSink {
  let seq = 0;
  let costMicroUsd: number | undefined;
  const createEnvelope = (): Pick<AgentEvent, "runId" | "seq" | "ts" | "sessionKey"> => {
    seq += 1;
    const { id: runId, sessionKey } = run;
    return { runId, seq, ts: clock(), ...(sessionKey !== undefined && { sessionKey }) };
  };
  const sendNext = (body: EventBody, droppable = false): void => {
    // `body` pairs `data` with its `stream`; the type cannot express this after the spread.
    send({ ...createEnvelope(), ...body } as AgentEvent, droppable);
  };
  const createStream = (stream: "assistant" | "thinking") => {
    const upToDate = new WeakSet<Connection>();
    return createThrottledText((text, delta) => {
      const envelope = createEnvelope();
      const isFirst = text.length === delta.length;
      send({ ...envelope, stream, data: { text, delta } }, true, {
        payload: { ...envelope, stream, data: { delta } },
        isFirst,
        upToDate,
      });
    }, throttleMs);
  };
  const assistantText = createStream("assistant");
  const thinkingText = createStream("thinking");
  const flush = (): void => {
    thinkingText.flush();
    assistantText.flush();
  };

  return {
    emit(event) {
      if (event.type === "text" || event.type === "refusal") {
        thinkingText.flush();
        assistantText.add(event.text);
        return;
      }
      if (event.type === "thinking") {
        assistantText.flush();
        thinkingText.add(event.text);
        return;
      }
      flush();
      if (event.type === "tool_start") {
        assistantText.reset();
        thinkingText.reset();
      }
      if (event.type === "step") {
        const cost = computeCallCost(run, event.model, event.usage);
        if (cost !== undefined) costMicroUsd = (costMicroUsd ?? 0) + cost;
      }
      const body = toEventBody(event, clock(), costMicroUsd);
      if (body !== undefined) sendNext(body, event.type === "tool_output");
      if (event.type === "end") {
        assistantText.reset();
        thinkingText.reset();
      }
    },
  };
}

function toEventBody(event: RunEvent, now: number, costMicroUsd: number | undefined): EventBody | undefined {
  switch (event.type) {
    case "start":
      return { stream: "lifecycle", data: { phase: "start", startedAt: now } };
    case "fallback": {
      const { from, to, error } = event;
      return {
        stream: "lifecycle",
        data: { phase: "fallback", from, to, error: error.message.slice(0, 4096), errorKind: error.code },
      };
    }
    case "tool_start": {
      const { id, name } = event.call;
      return {
        stream: "tool",
        data: { phase: "start", toolCallId: id, name, args: parseArguments(event.call.arguments) },
      };
    }
    case "tool_output":
      return {
        stream: "tool",
        data: { phase: "update", toolCallId: event.callId, partialResult: event.text },
      };
    case "tool_result": {
      const { isError, content } = event.output;
      const text = textOfParts(content, { image: ({ mediaType }) => `[${mediaType}]` });
      const result = truncateText(text, maxResultLength);
      return { stream: "tool", data: { phase: "result", toolCallId: event.callId, isError, result } };
    }
    case "compaction":
      return { stream: "compaction", data: { phase: "end", summary: event.summary } };
    case "end": {
      const { reason, error, usage } = event;
      const rest = {
        endedAt: now,
        ...(usage !== undefined && { usage: toUsage(usage) }),
        ...(costMicroUsd !== undefined && { costMicroUsd }),
      };
      if (reason !== "error")
        return { stream: "lifecycle", data: { phase: "end", stopReason: reason, ...rest } };
      const failure = {
        error: (error?.message ?? "").slice(0, 4096),
        errorKind: error?.code ?? "internal_error",
      };
      return { stream: "lifecycle", data: { phase: "error", ...failure, ...rest } };
    }
    default:
      return undefined;
  }
}

function parseArguments(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
