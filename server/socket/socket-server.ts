/** Accepts, serves and closes the connections of the gateway protocol. */
import { createWebSocketListener, limitBytes } from "./websocket-server.ts";
import { createConnectionWriter } from "./connection-writer.ts";
import { serveConnection, type ConnectionDeps } from "./connection.ts";
import type { UpgradeHandler } from "./upgrade.ts";
import { createPendingConnections } from "./pending-connections.ts";

export interface SocketServer {
  readonly upgrade: UpgradeHandler;
  /** Sends the `shutdown` event to every connection. */
  announce(reason: string): void;
  /** Closes every connection. Connections that are still open after `graceMs` are terminated. */
  close(graceMs: number): Promise<void>;
}

export function createSocketServer(deps: ConnectionDeps): SocketServer {
  const { limits, broadcaster, state, newId } = deps;
  const pendingConnections = createPendingConnections(limits);
  const listener = createWebSocketListener({
    maxPayload: limits.maxPayload,
    heartbeatMs: limits.tickIntervalMs,
    newId,
  });
  state.start();

  return {
    upgrade(request, socket, head) {
      const removePending = pendingConnections.add(
        deps.clientAddress(request.socket.remoteAddress, request.headers),
      );
      socket.once("close", removePending);
      listener.upgrade(request, socket, head, (ws) => {
        const writer = createConnectionWriter(ws, limits.maxBufferedBytes);
        const byteLimit = limitBytes(socket, limits.maxBytesBeforeConnect, () =>
          writer.close(1009, `more than ${limits.maxBytesBeforeConnect} bytes before connect`),
        );
        serveConnection(ws, writer, request, deps, () => {
          removePending();
          byteLimit.remove();
        });
      });
    },
    announce: (reason) => broadcaster.broadcast("shutdown", { reason }),
    close(graceMs) {
      state.stop();
      return listener.close(graceMs);
    },
  };
}
