/** One WebSocket as the gateway writes to it: whole frames, events counted, nothing piled up for who does not read. */
import type { WebSocket } from "ws";
import type { WireError } from "./wire-error.ts";

export interface Link {
  readonly signal: AbortSignal;
  answer(id: string, payload: unknown): void;
  refuse(id: string, error: WireError): void;
  /** `payload` is JSON, written once for all that are told. */
  tell(event: string, payload: string, droppable: boolean): void;
  /** The challenge alone has no number. */
  tellUncounted(event: string, payload: unknown): void;
  close(code: number, reason: string): void;
}

/** A close frame carries no more. */
const maxReasonBytes = 123;

export function createLink(socket: WebSocket, maxBufferedBytes: number): Link {
  const closed = new AbortController();
  let seq = 0;
  // What fails is closed next; without a listener the error would end the process.
  socket.on("error", () => {});
  socket.once("close", () => closed.abort());

  const close = (code: number, reason: string): void => {
    if (socket.readyState === socket.OPEN) socket.close(code, cutBytes(reason, maxReasonBytes));
  };
  /** Whether there is room for one more frame. Who has none and must be told is closed instead. */
  const mayTake = (droppable: boolean): boolean => {
    if (socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount <= maxBufferedBytes) return true;
    if (!droppable) close(1013, "you do not read: connect again");
    return false;
  };
  const send = (text: string): void => {
    if (mayTake(false)) socket.send(text);
  };
  return {
    signal: closed.signal,
    answer: (id, payload) => send(JSON.stringify({ type: "res", id, ok: true, payload })),
    refuse: (id, error) => send(JSON.stringify({ type: "res", id, ok: false, error })),
    tell(event, payload, droppable) {
      if (!mayTake(droppable)) return;
      seq += 1;
      socket.send(`{"type":"event","event":${JSON.stringify(event)},"payload":${payload},"seq":${seq}}`);
    },
    tellUncounted: (event, payload) => send(JSON.stringify({ type: "event", event, payload })),
    close,
  };
}

function cutBytes(text: string, max: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= max
    ? text
    : bytes
        .subarray(0, max)
        .toString()
        .replace(/\uFFFD+$/, "");
}
