/** A bound on what arrives on a connection that is not trusted yet. */
import type { Duplex } from "node:stream";

/** How long a connection that sent too much may take to read why it ends. */
const lingerMs = 1_000;

/** Counts what arrives until it is lifted: a frame may be as large as a connection that is trusted may send. */
export function boundBytes(socket: Duplex, max: number, exceeded: () => void): { lift(): void } {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= max) return;
    lift();
    exceeded();
    // Nothing more is read: the rest of the frame would be kept until it is whole.
    socket.pause();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  };
  const lift = (): void => void socket.off("data", count);
  socket.prependListener("data", count);
  return { lift };
}
