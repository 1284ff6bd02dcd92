/** One run in a session as `chat` events: the answer so far, now and then, and how it ended. */
import type { events } from "../../contracts/index.ts";
import type { PayloadOf } from "../../contracts/socket/method.ts";
import type { Clock, Run, RunEvent } from "../agent/types.ts";
import type { RunTeller } from "./agent-events.ts";
import { createPacedText } from "./paced-text.ts";
import { toUsage } from "./usage.ts";

export type ChatEvent = PayloadOf<(typeof events)["chat"]>;
type Message = Extract<ChatEvent, { state: "delta" }>["message"];

/** Every delta has the whole answer so far: of a long one they come less often. */
const paceMs = (length: number): number => 150 + length / 200;

export function chatEvents(
  { id: runId }: Run,
  sessionKey: string,
  clock: Clock,
  tell: (event: ChatEvent, droppable: boolean) => void,
): RunTeller {
  let seq = 0;
  const place = (): { runId: string; sessionKey: string; seq: number } => {
    seq += 1;
    return { runId, sessionKey, seq };
  };
  const message = (text: string): Message => ({
    role: "assistant",
    content: [{ type: "text", text }],
    timestamp: clock(),
  });
  const answer = createPacedText(
    (text, deltaText) => tell({ ...place(), state: "delta", message: message(text), deltaText }, true),
    paceMs,
  );

  const endOf = (end: Extract<RunEvent, { type: "end" }>): ChatEvent => {
    const { reason, error, usage } = end;
    const said = answer.text === "" ? {} : { message: message(answer.text) };
    if (reason === "error") {
      const errorMessage = (error?.message ?? "").slice(0, 4096);
      return { ...place(), state: "error", errorMessage, errorKind: error?.code ?? "internal_error" };
    }
    if (reason === "aborted") return { ...place(), state: "aborted", ...said, stopReason: reason };
    return {
      ...place(),
      state: "final",
      ...said,
      ...(usage !== undefined && { usage: toUsage(usage) }),
      stopReason: reason,
    };
  };

  return {
    take(event) {
      if (event.type === "text" || event.type === "refusal") answer.add(event.text);
      if (event.type !== "end") return;
      tell(endOf(event), false);
      answer.reset();
    },
  };
}
