/** The way from HTTP to a WebSocket, for every path that has one: checked as a request is, refused before 101. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { NewId } from "../agent/types.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import { checkHost, checkOrigin, type BrowserRules } from "../gate/browser.ts";
import { checkSingleHeaders } from "../gate/single-headers.ts";
import { rawRefusal } from "../http/raw-refusal.ts";

/** Takes over the connection. What it throws before it has is answered as an HTTP error. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

interface UpgradeRules {
  readonly browser: BrowserRules;
  /** True once the gateway is stopping. */
  readonly stopping: () => boolean;
  readonly newId: NewId;
}

/** How long who is refused may take to read why. */
const lingerMs = 1_000;

export interface Upgrade {
  /** Whether the request is for a WebSocket that there is; any other is an ordinary request. */
  readonly wants: (request: IncomingMessage) => boolean;
  readonly take: UpgradeHandler;
}

/** `routes` has a handler for each path that has a WebSocket. */
export function createUpgrade(
  routes: ReadonlyMap<string, UpgradeHandler>,
  { browser, stopping, newId }: UpgradeRules,
): Upgrade {
  const handlerOf = ({ url = "" }: IncomingMessage): UpgradeHandler | undefined =>
    routes.get(url.split("?", 1)[0] ?? "");
  return {
    wants: (request) =>
      request.method === "GET" &&
      request.headers.upgrade?.toLowerCase() === "websocket" &&
      handlerOf(request) !== undefined,
    take(request, socket, head) {
      // Without a listener an error of the connection would end the process.
      socket.on("error", () => socket.destroy());
      try {
        checkSingleHeaders(request);
        checkHost(request, browser);
        checkOrigin(request, browser, true);
        if (stopping()) {
          const message = "The gateway is stopping; try again in a moment.";
          throw new GatewayError("shutting_down", message, { retryAfterSeconds: 5 });
        }
        handlerOf(request)?.(request, socket, head);
      } catch (thrown) {
        socket.end(rawRefusal(toGatewayError(thrown), newId("req_")));
        setTimeout(() => socket.destroy(), lingerMs).unref();
      }
    },
  };
}
