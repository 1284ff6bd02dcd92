/** The listening server: limits on slow and large requests, errors for malformed HTTP, and shutdown. */
import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext } from "node:tls";
import type { Config } from "../../contracts/config/config.ts";
import { listenAt, type Acceptors } from "./acceptors.ts";
import { GatewayError } from "../lib/errors.ts";
import { randomId } from "../lib/ids.ts";
import { ensureCertificate } from "./self-signed.ts";
import { formatErrorResponse } from "../transport/errors.ts";

export interface Listener {
  readonly address: AddressInfo;
  /**
   * Replaces what a listening server can change: the time limits, the number of headers, and the content of the
   * certificate's files. Throws when they do not fit each other, and has changed nothing then.
   */
  reload(options: Pick<ListenOptions, "limits">): void;
  /** Stops accepting connections, closes idle ones at once and the rest after `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>;
}

interface ListenOptions {
  readonly port: number;
  readonly host: string;
  /** Further addresses of this machine, with the same port. */
  readonly moreHosts?: readonly string[] | undefined;
  /** Whether other processes of a node:cluster listen on the port too. */
  readonly isWorker: boolean;
  readonly tls: Config["gateway"]["tls"];
  readonly limits: Config["gateway"]["limits"];
  /** Handles WebSocket upgrades. */
  readonly upgrade?: {
    readonly isUpgrade: (request: IncomingMessage) => boolean;
    /** Never rejects. */
    readonly handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  };
}

/** Forward secrecy: who learns the key later cannot read what was recorded. TLS 1.3 has nothing else. */
const tlsOptions = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "ECDHE+AESGCM",
    "ECDHE+CHACHA20",
  ].join(":"),
} as const;

type TlsPaths = NonNullable<ListenOptions["tls"]>;

/** Rejects with the system's error, such as EADDRINUSE, when it cannot listen. */
export async function listen(
  app: RequestListener,
  { port, host, moreHosts = [], isWorker, tls, limits, upgrade }: ListenOptions,
): Promise<Listener> {
  if (tls?.autoGenerate === true) ensureCertificate(tls, host);
  const options: ServerOptions = {
    ...toTimeouts(limits),
    connectionsCheckingInterval: limits.slowClientCheckMs,
    maxHeaderSize: limits.maxHeaderBytes,
    keepAliveTimeout: 65_000,
    noDelay: true,
    // The application answers a request without `Host` itself.
    requireHostHeader: false,
    // Any other upgrade request is handled as ordinary HTTP.
    shouldUpgradeCallback: (request) => upgrade?.isUpgrade(request) ?? false,
  };
  const server: Server =
    tls === undefined
      ? createServer(options, app)
      : createTlsServer({ ...options, ...tlsOptions, ...checkCertificate(tls) }, app);
  server.maxHeadersCount = limits.maxHeaders;
  // A client that sends `Expect: 100-continue` gets an error before it sends the body; see readJson.
  server.on("checkContinue", app).on("checkExpectation", app);
  server.on("clientError", rejectUnparsed).on("request", recordResponse).on("checkContinue", recordResponse);
  if (upgrade !== undefined) server.on("upgrade", (...args) => void upgrade.handle(...args));
  const acceptors = await listenAt(server, { port, host, moreHosts, isWorker });
  return {
    address: acceptors.address,
    reload({ limits: next }) {
      if (server instanceof TlsServer && tls !== undefined) server.setSecureContext(checkCertificate(tls));
      Object.assign(server, toTimeouts(next), { maxHeadersCount: next.maxHeaders });
    },
    close: (graceMs) => close(server, acceptors, graceMs),
  };
}

/** Throws when certificate and key do not fit, for instance while only one of them has been replaced. */
function checkCertificate(paths: TlsPaths): ReturnType<typeof readCertificate> {
  try {
    const certificate = readCertificate(paths);
    createSecureContext(certificate);
    return certificate;
  } catch (cause) {
    throw new Error(
      `gateway.tls: the certificate cannot be used: ${paths.certPath} and ${paths.keyPath} must be a certificate and its private key, in PEM (${(cause as Error).message})`,
      { cause },
    );
  }
}

function readCertificate({ certPath, keyPath }: TlsPaths): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(certPath), key: readFileSync(keyPath) };
}

/** Node requires headersTimeout <= requestTimeout. */
const toTimeouts = ({
  headerTimeoutMs,
  bodyTimeoutMs,
}: Config["gateway"]["limits"]): { headersTimeout: number; requestTimeout: number } => ({
  headersTimeout: Math.min(headerTimeoutMs, bodyTimeoutMs),
  requestTimeout: bodyTimeoutMs,
});

async function close(server: Server, acceptors: Acceptors, graceMs: number): Promise<void> {
  const closed = Promise.all([
    new Promise<void>((resolve) => void server.close(() => resolve())),
    acceptors.close(),
  ]);
  const closeIdleTimer = setInterval(() => server.closeIdleConnections(), 50);
  const forceCloseTimer = setTimeout(() => {
    server.closeAllConnections();
    acceptors.destroyConnections();
  }, graceMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(closeIdleTimer);
  clearTimeout(forceCloseTimer);
}

/** The last response of each connection. */
const responseBySocket = new WeakMap<Socket, ServerResponse>();

function recordResponse({ socket }: IncomingMessage, response: ServerResponse): void {
  responseBySocket.set(socket, response);
}

/** Answers a request that Node could not parse. There is no response object, so the bytes are written directly. */
function rejectUnparsed(cause: NodeJS.ErrnoException, socket: Socket): void {
  // Without a listener, a write error would end the process.
  socket.on("error", () => socket.destroy());
  const response = responseBySocket.get(socket);
  const isResponding = response?.headersSent === true && !response.writableFinished;
  if (cause.code === "ECONNRESET" || !socket.writable || isResponding) {
    socket.destroy();
    return;
  }
  socket.end(formatErrorResponse(toParserError(cause.code), randomId("req_")));
}

function toParserError(code: string | undefined): GatewayError {
  if (code === "HPE_HEADER_OVERFLOW")
    return new GatewayError("headers_too_large", "The request's headers are too large.");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new GatewayError("request_timeout", "The request did not arrive in time.");
  return new GatewayError("invalid_request", "This is not a valid HTTP/1.1 request.");
}

/** The address that clients on this machine use. */
export function formatUrl(
  { port, family, address }: { readonly port: number; readonly family: string; readonly address: string },
  tls: Config["gateway"]["tls"],
): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
}
