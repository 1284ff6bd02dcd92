/** Writes frames to one WebSocket: numbers events, and limits what is buffered for a client that does not read. */
import type { WebSocket } from "ws";
import type { WireError } from "./wire-error.ts";

export interface ConnectionWriter {
  /** Aborted when the connection is closed. It is created by the first call: an idle connection has none. */
  getSignal(): AbortSignal;
  /** `payload` is JSON text. */
  sendResult(id: string, payload: string): void;
  sendError(id: string, error: WireError): void;
  /** `payload` is JSON text, serialized once for all recipients. Returns false when the event was skipped. */
  sendEvent(event: string, payload: string, droppable: boolean): boolean;
  /** Sends an event without `seq`. Only `connect.challenge` has none. */
  sendUnsequenced(event: string, payload: unknown): void;
  close(code: number, reason: string): void;
}

/** Limit of a close reason: https://www.rfc-editor.org/rfc/rfc6455#section-5.5 */
const maxReasonBytes = 123;

const ignore = (): void => {};

export function createConnectionWriter(socket: WebSocket, maxBufferedBytes: number): ConnectionWriter {
  let closed: AbortController | undefined;
  let seq = 0;
  // A "close" event follows each error. Without a listener the error would end the process.
  socket.on("error", ignore);

  const send = (text: string): void => {
    if (hasRoom(socket, maxBufferedBytes, false)) socket.send(text);
  };
  return {
    getSignal() {
      if (closed === undefined) {
        const controller = new AbortController();
        if (socket.readyState === socket.CLOSED) controller.abort();
        else socket.once("close", () => controller.abort());
        closed = controller;
      }
      return closed.signal;
    },
    sendResult: (id, payload) =>
      send(`{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${payload}}`),
    sendError: (id, error) => send(JSON.stringify({ type: "res", id, ok: false, error })),
    sendEvent(event, payload, droppable) {
      if (!hasRoom(socket, maxBufferedBytes, droppable)) return false;
      seq += 1;
      socket.send(`{"type":"event","event":${JSON.stringify(event)},"payload":${payload},"seq":${seq}}`);
      return true;
    },
    sendUnsequenced: (event, payload) => send(JSON.stringify({ type: "event", event, payload })),
    close: (code, reason) => closeSocket(socket, code, reason),
  };
}

/** When the buffer is full, a droppable frame is skipped, and any other frame closes the connection. */
function hasRoom(socket: WebSocket, maxBufferedBytes: number, droppable: boolean): boolean {
  if (socket.readyState !== socket.OPEN) return false;
  if (socket.bufferedAmount <= maxBufferedBytes) return true;
  if (!droppable) closeSocket(socket, 1013, "you do not read: connect again");
  return false;
}

function closeSocket(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === socket.OPEN) socket.close(code, truncateBytes(reason, maxReasonBytes));
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
