/** Writes frames to a WebSocket: those of one moment together, and no more than its reader takes. */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { ReaderLimits } from "../../http/reader.ts";

/** Resolves when there is room for more, or the connection is gone: by itself, or cut. Undefined when there is room. */
type Send = (text: string) => Promise<void> | undefined;

export function createSender(
  ws: WebSocket,
  connection: Duplex,
  { maxUnreadBytes, slowReaderMs }: ReaderLimits,
): Send {
  let corked = false;
  const uncork = (): void => {
    corked = false;
    connection.uncork();
  };
  return (text) => {
    if (ws.readyState !== ws.OPEN) return undefined;
    if (!corked) {
      corked = true;
      connection.cork();
      setImmediate(uncork);
    }
    if (ws.bufferedAmount + text.length <= maxUnreadBytes) {
      ws.send(text);
      return undefined;
    }
    return new Promise((resolve) => {
      const cut = setTimeout(() => ws.terminate(), slowReaderMs);
      const settle = (): void => {
        clearTimeout(cut);
        ws.off("close", settle);
        resolve();
      };
      ws.once("close", settle);
      ws.send(text, settle);
    });
  };
}
