/** Finds the connections whose other end is gone without a word. */
import type { WebSocket } from "ws";

/** To be called at intervals: whoever has not answered a ping until the next one is cut. */
export function createPulse(): (clients: ReadonlySet<WebSocket>) => void {
  const silent = new WeakSet<WebSocket>();
  return (clients) => {
    for (const ws of clients) {
      if (silent.has(ws)) {
        ws.terminate();
        continue;
      }
      silent.add(ws);
      ws.once("pong", () => silent.delete(ws));
      ws.ping();
    }
  };
}
