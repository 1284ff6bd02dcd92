/** The gateway's sockets: taken over from HTTP, told of the end and closed. */
import { createAcceptor } from "./acceptor.ts";
import { boundBytes } from "./bound-bytes.ts";
import { createLink } from "./link.ts";
import { serve, type ServeParts } from "./serve.ts";
import type { UpgradeHandler } from "./upgrade.ts";
import { createWaitingRoom } from "./waiting-room.ts";

export interface SocketServer {
  readonly upgrade: UpgradeHandler;
  /** Tells that the gateway stops. */
  announce(reason: string): void;
  /** Closes every connection; those that do not close in time are cut. */
  close(graceMs: number): Promise<void>;
}

export function createSocketServer(parts: ServeParts): SocketServer {
  const { limits, hub, state, newId } = parts;
  const room = createWaitingRoom(limits);
  const acceptor = createAcceptor({ maxPayload: limits.maxPayload, beatMs: limits.tickIntervalMs, newId });
  state.start();

  return {
    upgrade(request, socket, head) {
      const leave = room.enter(parts.clientAddress(request.socket.remoteAddress, request.headers));
      socket.once("close", leave);
      acceptor.take(request, socket, head, (ws) => {
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
    close(graceMs) {
      state.stop();
      return acceptor.close(graceMs);
    },
  };
}
