/** Writes frames to one WebSocket: numbers events, and limits what is buffered for a client that does not read. */
import type { WebSocket } from "ws";
import type { WireError } from "./wire-error.ts";

export interface ConnectionWriter {
  /** Aborted when the connection is closed. */
  readonly signal: AbortSignal;
  /** `payload` is JSON text. */
  sendResult(id: string, payload: string): void;
  sendError(id: string, error: WireError): void;
  /** `payload` is JSON text, serialized once for all recipients. */
  sendEvent(event: string, payload: string, droppable: boolean): void;
  /** Sends an event without `seq`. Only `connect.challenge` has none. */
  sendUnsequenced(event: string, payload: unknown): void;
  close(code: number, reason: string): void;
}

/** Limit of a close reason: https://www.rfc-editor.org/rfc/rfc6455#section-5.5 */
const maxReasonBytes = 123;

export function createConnectionWriter(socket: WebSocket, maxBufferedBytes: number): ConnectionWriter {
  const closed = new AbortController();
  let seq = 0;
  // A "close" event follows each error. Without a listener the error would end the process.
  socket.on("error", () => {});
  socket.once("close", () => closed.abort());

  const close = (code: number, reason: string): void => {
    if (socket.readyState === socket.OPEN) socket.close(code, truncateBytes(reason, maxReasonBytes));
  };
  /** When the buffer is full, a droppable frame is skipped, and any other frame closes the connection. */
  const canSend = (droppable: boolean): boolean => {
    if (socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount <= maxBufferedBytes) return true;
    if (!droppable) close(1013, "you do not read: connect again");
    return false;
  };
  const send = (text: string): void => {
    if (canSend(false)) socket.send(text);
  };
  return {
    signal: closed.signal,
    sendResult: (id, payload) =>
      send(`{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${payload}}`),
    sendError: (id, error) => send(JSON.stringify({ type: "res", id, ok: false, error })),
    sendEvent(event, payload, droppable) {
      if (!canSend(droppable)) return;
      seq += 1;
      socket.send(`{"type":"event","event":${JSON.stringify(event)},"payload":${payload},"seq":${seq}}`);
    },
    sendUnsequenced: (event, payload) => send(JSON.stringify({ type: "event", event, payload })),
    close,
  };
}

function truncateBytes(text: string, max: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= max
    ? text
    : bytes
        .subarray(0, max)
        .toString()
        .replace(/\uFFFD+$/, "");
}
