/** Reads a little of a body that nobody wants, so that its sender can read the answer, and then closes the connection. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** A body of this length is discarded whole, and the connection serves the next request. */
const maxDiscardedBytes = 65_536;
/** Time that a client has to read the answer while it still sends its body. */
const closeDelayMs = 1_000;

/** Call it before the headers are sent. Node would read the whole body otherwise. */
export function discardBody(res: ServerResponse): void {
  const { req } = res;
  const length = getDeclaredLength(req);
  if (length === 0 || req.complete) return;
  let remaining = maxDiscardedBytes;
  req.on("data", (chunk: Buffer) => {
    remaining -= chunk.length;
    if (remaining < 0) req.pause();
  });
  // Marks the body as read by the application.
  req.read(0);
  if (length > maxDiscardedBytes) {
    req.pause();
    closeLater(res);
  }
  const timer = setTimeout(() => {
    if (!req.complete) req.destroy();
  }, closeDelayMs).unref();
  req.once("close", () => clearTimeout(timer));
}

/**
 * Tells the client to use another connection, and ends this one after the answer. Node would destroy it at once: a
 * connection with unread bytes is reset then, and the client loses the answer.
 */
function closeLater(res: ServerResponse): void {
  const { socket } = res.req;
  res.setHeader("connection", "close");
  socket.destroySoon = () => void socket.end();
}

function getDeclaredLength({ headers }: IncomingMessage): number {
  return headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : Infinity;
}
