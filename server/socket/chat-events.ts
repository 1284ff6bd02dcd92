/** Converts the events of one run in a session to `chat` events: the reply so far, and the end of the run. */
import type { events } from "../../contracts/index.ts";
import type { PayloadOf } from "../../contracts/socket/method.ts";
import type { Clock } from "../lib/ports.ts";
import type { RunEvent } from "../agent/types.ts";
import type { RunEventSink } from "./agent-events.ts";
import type { Connection, TextDelta } from "./broadcaster.ts";
import type { WatchedRun } from "./share-run-events.ts";
import { createThrottledText } from "./throttled-text.ts";
import { toUsage } from "./usage.ts";

export type ChatEvent = PayloadOf<(typeof events)["chat"]>;
type Message = NonNullable<Extract<ChatEvent, { state: "delta" }>["message"]>;

/** Each event repeats the full reply, so longer replies are sent less often. */
const throttleMs = (length: number): number => 150 + length / 200;

export function createChatEventSink(
  { id: runId }: WatchedRun,
  sessionKey: string,
  clock: Clock,
  send: (event: ChatEvent, droppable: boolean, delta?: TextDelta) => void,
): RunEventSink {
  let seq = 0;
  const nextEnvelope = (): { runId: string; sessionKey: string; seq: number } => {
    seq += 1;
    return { runId, sessionKey, seq };
  };
  const toMessage = (text: string): Message => ({
    role: "assistant",
    content: [{ type: "text", text }],
    timestamp: clock(),
  });
  const upToDate = new WeakSet<Connection>();
  const reply = createThrottledText((text, deltaText) => {
    const event = { ...nextEnvelope(), state: "delta", deltaText } as const;
    const isFirst = text.length === deltaText.length;
    send({ ...event, message: toMessage(text) }, true, { payload: event, isFirst, upToDate });
  }, throttleMs);

  const toEndEvent = (end: Extract<RunEvent, { type: "end" }>): ChatEvent => {
    const { reason, error, usage } = end;
    const text = reply.getText();
    const messageField = text === "" ? {} : { message: toMessage(text) };
    if (reason === "error") {
      const errorMessage = (error?.message ?? "").slice(0, 4096);
      return { ...nextEnvelope(), state: "error", errorMessage, errorKind: error?.code ?? "internal_error" };
    }
    if (reason === "aborted")
      return { ...nextEnvelope(), state: "aborted", ...messageField, stopReason: reason };
    return {
      ...nextEnvelope(),
      state: "final",
      ...messageField,
      ...(usage !== undefined && { usage: toUsage(usage) }),
      stopReason: reason,
    };
  };

  return {
    emit(event) {
      if (event.type === "text" || event.type === "refusal") reply.add(event.text);
      if (event.type !== "end") return;
      send(toEndEvent(event), false);
      reply.reset();
    },
  };
}
