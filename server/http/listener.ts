/** The listening socket: its limits on slow and large requests, what is said to those that are no HTTP, and its end. */
import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Config } from "../../contracts/config/config.ts";
import { GatewayError } from "../errors.ts";
import { randomId } from "../ids.ts";
import { rawRefusal } from "./raw-refusal.ts";

export interface Listener {
  readonly address: AddressInfo;
  /** Takes no new connection, ends idle ones, and after `graceMs` the rest. */
  close(graceMs: number): Promise<void>;
}

interface ListenOptions {
  readonly port: number;
  readonly host: string;
  readonly tls: Config["gateway"]["tls"];
  readonly limits: Config["gateway"]["limits"];
  /** Takes over the connections that are to become WebSockets. */
  readonly upgrade?: {
    readonly wants: (request: IncomingMessage) => boolean;
    readonly take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  };
}

/** Rejects with the system's error when the address cannot be had. */
export async function listen(
  app: RequestListener,
  { port, host, tls, limits, upgrade }: ListenOptions,
): Promise<Listener> {
  const options: ServerOptions = {
    // Headers are a part of the request: Node wants no more time for the part than for the whole.
    headersTimeout: Math.min(limits.headerTimeoutMs, limits.bodyTimeoutMs),
    requestTimeout: limits.bodyTimeoutMs,
    connectionsCheckingInterval: limits.slowClientCheckMs,
    maxHeaderSize: limits.maxHeaderBytes,
    keepAliveTimeout: 65_000,
    noDelay: true,
    // A request without one is answered by the application, in its own words.
    requireHostHeader: false,
    // Whoever offers another protocol, or offers it elsewhere, is answered in this one.
    shouldUpgradeCallback: (request) => upgrade?.wants(request) ?? false,
  };
  const server: Server =
    tls === undefined
      ? createServer(options, app)
      : createTlsServer(
          { ...options, cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) },
          app,
        );
  server.maxHeadersCount = limits.maxHeaders;
  // Whoever asks before sending a body hears the refusal first; see readJson.
  server.on("checkContinue", app).on("checkExpectation", app);
  server.on("clientError", refuseRaw).on("request", noteWritten).on("checkContinue", noteWritten);
  if (upgrade !== undefined) server.on("upgrade", upgrade.take);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return { address: server.address() as AddressInfo, close: (graceMs) => close(server, graceMs) };
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const rest = setTimeout(() => server.closeAllConnections(), graceMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(rest);
}

/** What a connection had written when its last response was complete: with more, a response has begun. */
const written = new WeakMap<Socket, number>();

function noteWritten({ socket }: IncomingMessage, response: ServerResponse): void {
  response.once("finish", () => written.set(socket, socket.bytesWritten));
}

/** Answers what the parser gave up on: there is no request yet, so the response is written by hand. */
function refuseRaw(cause: NodeJS.ErrnoException, socket: Socket): void {
  // Without a listener an error while the answer is written would end the process.
  socket.on("error", () => socket.destroy());
  const begun = socket.bytesWritten > (written.get(socket) ?? 0);
  if (cause.code === "ECONNRESET" || !socket.writable || begun) {
    socket.destroy();
    return;
  }
  socket.end(rawRefusal(rawError(cause.code), randomId("req_")));
}

function rawError(code: string | undefined): GatewayError {
  if (code === "HPE_HEADER_OVERFLOW")
    return new GatewayError("headers_too_large", "The request's headers are too large.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new GatewayError("request_timeout", "The request did not arrive in time.");
  return new GatewayError("invalid_request", "This is not a valid HTTP/1.1 request.");
}
