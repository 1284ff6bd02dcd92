/** Writes frames to a WebSocket: corks the frames of one event-loop turn, and waits for a slow reader. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { BackPressureLimits } from "../../transport/back-pressure.ts";

/** Returns undefined when more may be sent, or a promise that resolves when it may, or when the connection is closed. */
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
