/** The gateway's sockets: taken over from HTTP, kept alive, told of the end and closed. */
import { WebSocketServer } from "ws";
import { GatewayError } from "../errors.ts";
import { rawRefusal } from "../http/raw-refusal.ts";
import { boundBytes } from "./bound-bytes.ts";
import { createLink } from "./link.ts";
import { createPulse } from "./pulse.ts";
import { serve, type ServeParts } from "./serve.ts";
import type { UpgradeHandler } from "./upgrade.ts";
import { createWaitingRoom } from "./waiting-room.ts";

/** How long who is refused may take to read why. */
const lingerMs = 1_000;

export interface SocketServer {
  readonly upgrade: UpgradeHandler;
  /** Tells that the gateway stops. */
  announce(reason: string): void;
  /** Closes every connection; those that do not close in time are cut. */
  close(graceMs: number): Promise<void>;
}

export function createSocketServer(parts: ServeParts): SocketServer {
  const { limits, hub, state } = parts;
  const room = createWaitingRoom(limits);
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.maxPayload,
  });
  server.on("wsClientError", ({ message }, socket) => {
    const error = new GatewayError("invalid_request", `This is no valid WebSocket handshake: ${message}.`);
    socket.end(rawRefusal(error, parts.newId("req_")));
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
  const pulse = createPulse();
  const beat = setInterval(() => pulse(server.clients), limits.tickIntervalMs).unref();
  state.start();

  return {
    upgrade(request, socket, head) {
      const leave = room.enter(parts.clientAddress(request.socket.remoteAddress, request.headers));
      socket.once("close", leave);
      server.handleUpgrade(request, socket, head, (ws) => {
        const link = createLink(ws, limits.maxBufferedBytes);
        const bounded = boundBytes(socket, limits.maxBytesBeforeConnect, () =>
          link.close(1009, `more than ${limits.maxBytesBeforeConnect} bytes before connect`),
        );
        serve(ws, link, request, parts, () => {
          leave();
          bounded.lift();
        });
      });
    },
    announce: (reason) => hub.tell("shutdown", { reason }),
    async close(graceMs) {
      state.stop();
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
