/** Connections taken over from HTTP as WebSockets: looked after until they close, and closed with the gateway. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { NewId } from "../agent/types.ts";
import { GatewayError } from "../errors.ts";
import { rawRefusal } from "../http/raw-refusal.ts";
import { createPulse } from "./pulse.ts";

interface AcceptorParts {
  /** Bytes of one message. */
  readonly maxPayload: number;
  /** Whoever has not answered a ping after this time is cut. */
  readonly beatMs: number;
  readonly newId: NewId;
}

export interface Acceptor {
  /** Answers what is no valid handshake by itself. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer, use: (ws: WebSocket) => void): void;
  /** Closes every connection; those that do not close in time are cut. */
  close(graceMs: number): Promise<void>;
}

/** How long who is refused may take to read why. */
const lingerMs = 1_000;

export function createAcceptor({ maxPayload, beatMs, newId }: AcceptorParts): Acceptor {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload });
  server.on("wsClientError", ({ message }, socket) => {
    const error = new GatewayError("invalid_request", `This is no valid WebSocket handshake: ${message}.`);
    socket.end(rawRefusal(error, newId("req_")));
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
  const pulse = createPulse();
  const beat = setInterval(() => pulse(server.clients), beatMs).unref();

  return {
    take: (request, socket, head, use) => server.handleUpgrade(request, socket, head, use),
    async close(graceMs) {
      clearInterval(beat);
      const closed = [...server.clients].map((ws) => new Promise((resolve) => ws.once("close", resolve)));
      for (const ws of server.clients) ws.close(1012, "the gateway stops");
      const cut = setTimeout(() => {
        for (const ws of server.clients) ws.terminate();
      }, graceMs);
      await Promise.all(closed);
      clearTimeout(cut);
      server.close();
    },
  };
}
