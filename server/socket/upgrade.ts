/** Upgrades HTTP requests to WebSocket. The checks of an HTTP request run first; a rejected request gets an HTTP error. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Live } from "../lib/live.ts";
import type { NewId } from "../lib/ports.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import { checkHost, checkOrigin, rejectDuplicateHeaders, type BrowserRules } from "../auth/check-headers.ts";
import { formatErrorResponse } from "../transport/errors.ts";
import { dropTrailingSlash } from "../transport/request-target.ts";
import { destroyLater } from "./received-bytes.ts";

/** Takes over the connection. An error that it throws or rejects with is sent as an HTTP response. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;

interface UpgradeOptions {
  readonly browser: Live<BrowserRules>;
  readonly isStopping: () => boolean;
  readonly newId: NewId;
}

export interface Upgrade {
  /** False for a path without a WebSocket: such a request is handled as an ordinary one. */
  readonly isUpgrade: (request: IncomingMessage) => boolean;
  /** Never rejects. */
  readonly handle: UpgradeHandler;
}

function destroySocket(this: Duplex): void {
  this.destroy();
}

/** `routes` maps a path to its handler. */
export function createUpgrade(
  routes: ReadonlyMap<string, UpgradeHandler>,
  { browser, isStopping, newId }: UpgradeOptions,
): Upgrade {
  const findHandler = ({ url = "" }: IncomingMessage): UpgradeHandler | undefined =>
    routes.get(dropTrailingSlash(url).split("?", 1)[0] ?? "");
  return {
    isUpgrade: (request) =>
      request.method === "GET" &&
      request.headers.upgrade?.toLowerCase() === "websocket" &&
      findHandler(request) !== undefined,
    async handle(request, socket, head) {
      // Without a listener an error of the connection would end the process.
      socket.on("error", destroySocket);
      try {
        rejectDuplicateHeaders(request);
        checkHost(request, browser.current);
        checkOrigin(request, browser.current, true);
        if (isStopping()) {
          const message = "The gateway is stopping; try again in a moment.";
          throw new GatewayError("shutting_down", message, { retryAfterSeconds: 5 });
        }
        await findHandler(request)?.(request, socket, head);
      } catch (thrown) {
        socket.end(formatErrorResponse(toGatewayError(thrown), newId("req_")));
        destroyLater(socket);
      }
    },
  };
}
