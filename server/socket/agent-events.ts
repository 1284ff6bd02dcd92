/** One run as `agent` events: numbered from 1, the current message whole and by what is new. */
import type { events } from "../../contracts/index.ts";
import type { PayloadOf } from "../../contracts/socket/method.ts";
import { cutText } from "../agent/tools/cap-output.ts";
import type { Clock, Part, Run, RunEvent } from "../agent/types.ts";
import { createPacedText } from "./paced-text.ts";
import { toUsage } from "./usage.ts";

export type AgentEvent = PayloadOf<(typeof events)["agent"]>;

export interface RunTeller {
  take(event: RunEvent): void;
}

/** Longer messages are told less often. */
const unpacedCharacters = 8_000;
const paceMs = (length: number): number => (length <= unpacedCharacters ? 0 : 50 + length / 200);
const maxResult = 64_000;

type Told = Pick<AgentEvent, "stream" | "data">;

export function agentEvents(
  run: Run,
  clock: Clock,
  tell: (event: AgentEvent, droppable: boolean) => void,
): RunTeller {
  let seq = 0;
  const emit = (told: Told, droppable = false): void => {
    seq += 1;
    const { id: runId, sessionKey } = run;
    const place = { runId, seq, ts: clock(), ...(sessionKey !== undefined && { sessionKey }) };
    // `data` has come with its own `stream`.
    tell({ ...place, ...told } as AgentEvent, droppable);
  };
  const streamOf = (stream: "assistant" | "thinking") =>
    createPacedText((text, delta) => emit({ stream, data: { text, delta } }, true), paceMs);
  const said = streamOf("assistant");
  const thought = streamOf("thinking");
  const flush = (): void => {
    thought.flush();
    said.flush();
  };

  return {
    take(event) {
      if (event.type === "text" || event.type === "refusal") {
        thought.flush();
        said.add(event.text);
        return;
      }
      if (event.type === "thinking") {
        said.flush();
        thought.add(event.text);
        return;
      }
      flush();
      if (event.type === "tool_start") {
        said.reset();
        thought.reset();
      }
      const told = toldOf(event, clock());
      if (told !== undefined) emit(told, event.type === "tool_output");
      if (event.type === "end") {
        said.reset();
        thought.reset();
      }
    },
  };
}

function toldOf(event: RunEvent, now: number): Told | undefined {
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
        data: { phase: "start", toolCallId: id, name, args: parsed(event.call.arguments) },
      };
    }
    case "tool_output":
      return {
        stream: "tool",
        data: { phase: "update", toolCallId: event.callId, partialResult: event.text },
      };
    case "tool_result": {
      const { isError, content } = event.output;
      const result = cutText(content.map(textOf).join("\n"), maxResult);
      return { stream: "tool", data: { phase: "result", toolCallId: event.callId, isError, result } };
    }
    case "compaction":
      return { stream: "compaction", data: { phase: "end", summary: event.summary } };
    case "end": {
      const { reason, error, usage } = event;
      const rest = { endedAt: now, ...(usage !== undefined && { usage: toUsage(usage) }) };
      if (reason !== "error")
        return { stream: "lifecycle", data: { phase: "end", stopReason: reason, ...rest } };
      const what = {
        error: (error?.message ?? "").slice(0, 4096),
        errorKind: error?.code ?? "internal_error",
      };
      return { stream: "lifecycle", data: { phase: "error", ...what, ...rest } };
    }
    default:
      return undefined;
  }
}

const textOf = (part: Part): string => (part.type === "text" ? part.text : `[${part.mediaType}]`);

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
