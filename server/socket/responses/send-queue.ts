/** Writes frames to a WebSocket: those of one moment together, and no more than its reader takes. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { BackPressureLimits } from "../../transport/back-pressure.ts";

/** Resolves when there is room for more, or the connection is gone: by itself, or cut. Undefined when there is room. */
type Send = (text: string) => Promise<void> | undefined;

export function createSend(
  ws: WebSocket,
  connection: Duplex,
  { maxUnreadBytes, slowReaderMs }: BackPressureLimits,
): Send {
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    connection.uncork();
  };
  return (text) => {
    if (ws.readyState !== ws.OPEN) return undefined;
    if (!isCorked) {
      isCorked = true;
      connection.cork();
      setImmediate(uncork);
    }
    if (ws.bufferedAmount + text.length <= maxUnreadBytes) {
      ws.send(text);
      return undefined;
    }
    return new Promise((resolve) => {
      const timeout = setTimeout(() => ws.terminate(), slowReaderMs);
      const resolveSend = (): void => {
        clearTimeout(timeout);
        ws.off("close", resolveSend);
        resolve();
      };
      ws.once("close", resolveSend);
      ws.send(text, resolveSend);
    });
  };
}
