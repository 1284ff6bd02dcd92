/** Limits what connections send: before `connect`, and in messages that are not complete. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { toGatewayError } from "../lib/errors.ts";
import type { BodyBudget } from "../transport/body-budget.ts";

/** How long a rejected client has to read the error before its connection is destroyed. */
const errorReadMs = 1_000;
/** The mask and the two bytes before it. A control frame has no longer head. */
const controlHeadBytes = 6;

/**
 * Counts messages that are not complete among the bodies of all requests. Closes the connection when all bodies together have too
 * many bytes. Call it before other listeners of `ws` are added.
 */
export function budgetMessages(ws: WebSocket, socket: Duplex, budget: BodyBudget): void {
  const share = budget.open();
  const count = (chunk: Buffer): void => {
    try {
      share.add(chunk.length);
    } catch (thrown) {
      stop();
      ws.close(1013, toGatewayError(thrown).message);
      // Stops the buffering of the incomplete message.
      socket.pause();
      destroyLater(socket);
    }
  };
  const stop = (): void => {
    socket.off("data", count);
    share.release();
  };
  const removeControlFrame = (data: Buffer): void => share.remove(controlHeadBytes + data.length);
  socket.prependListener("data", count);
  ws.on("message", () => share.release());
  ws.on("ping", removeControlFrame).on("pong", removeControlFrame);
  ws.once("close", stop);
}

/**
 * Calls `onExceeded` and stops reading when more than `max` bytes arrive before the limit is removed. `ws` has one
 * message limit for the whole life of a connection, and an authenticated client may send large messages.
 */
export function limitBytes(socket: Duplex, max: number, onExceeded: () => void): { remove(): void } {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= max) return;
    remove();
    onExceeded();
    // Stops the buffering of an incomplete frame.
    socket.pause();
    destroyLater(socket);
  };
  const remove = (): void => void socket.off("data", count);
  socket.prependListener("data", count);
  return { remove };
}

/** Destroys a connection after the client had time to read the error. */
export function destroyLater(socket: Duplex): void {
  setTimeout(() => socket.destroy(), errorReadMs).unref();
}
