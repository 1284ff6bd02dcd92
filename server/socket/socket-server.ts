/** Accepts, serves and closes the connections of the gateway protocol. */
import type { BodyBudget } from "../transport/body-budget.ts";
import { destroyLater, limitBytes } from "./received-bytes.ts";
import { createWebSocketListener } from "./websocket-server.ts";
import { createConnectionWriter } from "./connection-writer.ts";
import { serveConnection, type ConnectionDeps } from "./connection.ts";
import type { UpgradeHandler } from "./upgrade.ts";
import { createPendingConnections } from "./pending-connections.ts";
import { authenticateUpgrade } from "./upgrade-credential.ts";

export interface SocketServer {
  readonly upgrade: UpgradeHandler;
  /** Sends the `shutdown` event to every connection. */
  announce(reason: string): void;
  /** Returns the number of open connections. */
  count(): number;
  /** Closes every connection. Connections that are still open after `graceMs` are terminated. */
  close(graceMs: number): Promise<void>;
}

interface SocketServerDeps extends ConnectionDeps {
  readonly bodyBudget: BodyBudget;
}

export function createSocketServer(deps: SocketServerDeps): SocketServer {
  const { limits, broadcaster, state, bodyBudget, newId } = deps;
  const pendingConnections = createPendingConnections(limits);
  const listener = createWebSocketListener({
    maxPayload: limits.maxPayload,
    heartbeatMs: limits.tickIntervalMs,
    bodyBudget,
    newId,
  });
  state.start();

  return {
    async upgrade(request, socket, head) {
      const upgradeCredential = await authenticateUpgrade(request, deps.authenticate);
      if (socket.destroyed) return;
      let evict = (): void => void socket.destroy();
      const isAuthenticated = upgradeCredential !== undefined && "credential" in upgradeCredential;
      const address = deps.clientAddress(request.socket.remoteAddress, request.headers);
      const removePending = isAuthenticated ? () => {} : pendingConnections.add(address, () => evict());
      socket.once("close", removePending);
      listener.upgrade(request, socket, head, (ws) => {
        const writer = createConnectionWriter(ws, limits.maxBufferedBytes);
        evict = () => {
          writer.close(1008, "another connection needs this place, and connect did not come");
          destroyLater(socket);
        };
        const byteLimit = limitBytes(socket, limits.maxBytesBeforeConnect, () =>
          writer.close(1009, `more than ${limits.maxBytesBeforeConnect} bytes before connect`),
        );
        serveConnection(ws, writer, { request, upgradeCredential }, deps, () => {
          removePending();
          socket.off("close", removePending);
          byteLimit.remove();
        });
      });
    },
    announce: (reason) => broadcaster.broadcast("shutdown", { reason }),
    count: listener.count,
    close(graceMs) {
      state.stop();
      return listener.close(graceMs);
    },
  };
}
