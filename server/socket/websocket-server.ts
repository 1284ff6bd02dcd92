/** WebSockets at their lowest level: the upgrade, heartbeats, and closing them all. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { NewId } from "../lib/ports.ts";
import { GatewayError } from "../lib/errors.ts";
import type { BodyBudget } from "../transport/body-budget.ts";
import { formatErrorResponse } from "../transport/errors.ts";
import { budgetMessages, destroyLater } from "./received-bytes.ts";

interface WebSocketListenerOptions {
  /** Maximum size of one message in bytes. */
  readonly maxPayload: number;
  /** Interval between pings. A connection that does not answer a ping within one interval is terminated. */
  readonly heartbeatMs: number;
  readonly bodyBudget: BodyBudget;
  readonly newId: NewId;
}

export interface WebSocketListener {
  /** Completes the handshake. An invalid handshake gets an HTTP error, and `onConnection` is not called. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    onConnection: (ws: WebSocket) => void,
  ): void;
  /** Returns the number of open connections. */
  readonly count: () => number;
  /** Closes every connection. Connections that are still open after `graceMs` are terminated. */
  close(graceMs: number): Promise<void>;
}

export function createWebSocketListener({
  maxPayload,
  heartbeatMs,
  bodyBudget,
  newId,
}: WebSocketListenerOptions): WebSocketListener {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload });
  server.on("wsClientError", ({ message }, socket) => {
    const error = new GatewayError("invalid_request", `This is not a valid WebSocket handshake: ${message}.`);
    socket.end(formatErrorResponse(error, newId("req_")));
    destroyLater(socket);
  });
  const sendHeartbeat = createHeartbeat();
  let heartbeat: NodeJS.Timeout | undefined;
  /** Runs while there are connections, so that a listener that is replaced ends with its last one. */
  const startHeartbeat = (): void => {
    heartbeat ??= setInterval(() => {
      if (server.clients.size > 0) return sendHeartbeat(server.clients);
      clearInterval(heartbeat);
      heartbeat = undefined;
    }, heartbeatMs).unref();
  };

  return {
    upgrade: (request, socket, head, onConnection) => {
      startHeartbeat();
      server.handleUpgrade(request, socket, head, (ws) => {
        budgetMessages(ws, socket, bodyBudget);
        onConnection(ws);
      });
    },
    count: () => server.clients.size,
    async close(graceMs) {
      clearInterval(heartbeat);
      const closed = [...server.clients].map((ws) => new Promise((resolve) => ws.once("close", resolve)));
      for (const ws of server.clients) ws.close(1012, "the gateway is stopping");
      const forceClose = setTimeout(() => {
        for (const ws of server.clients) ws.terminate();
      }, graceMs);
      await Promise.all(closed);
      clearTimeout(forceClose);
      server.close();
    },
  };
}

/** Returns a function to call at intervals. It terminates each connection that has not answered the last ping. */
function createHeartbeat(): (clients: ReadonlySet<WebSocket>) => void {
  const unanswered = new WeakSet<WebSocket>();
  function onPong(this: WebSocket): void {
    unanswered.delete(this);
  }
  return (clients) => {
    for (const ws of clients) {
      if (unanswered.has(ws)) {
        ws.terminate();
        continue;
      }
      unanswered.add(ws);
      ws.once("pong", onPong);
      ws.ping();
    }
  };
}

/** Returns a received message as text. */
export function decodeText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString();
}
