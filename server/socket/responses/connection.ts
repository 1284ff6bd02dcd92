/** Serves one WebSocket on /v1/responses: handles its requests one after the other, until it closes or expires. */
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import type { BackPressureLimits } from "../../transport/back-pressure.ts";
import { decodeText } from "../websocket-server.ts";
import {
  handleCreate,
  createErrorFrame,
  type HandleCreateDeps,
  type ConnectionContext,
} from "./handle-create.ts";
import { createConnectionCache } from "./connection-cache.ts";
import { createSend } from "./send-queue.ts";

/** Limits of one connection. */
export interface ResponsesSocketLimits {
  /** A connection closes after this time. */
  readonly maxAgeMs: number;
  /** The requests that may wait for the one before them. */
  readonly maxQueued: number;
  /** Their characters together. */
  readonly maxQueuedLength: number;
  /** A client that has not answered a ping after this time is disconnected. */
  readonly heartbeatMs: number;
}

export const responsesSocketLimits: ResponsesSocketLimits = {
  maxAgeMs: 60 * 60_000,
  maxQueued: 16,
  maxQueuedLength: 32_000_000,
  heartbeatMs: 30_000,
};

export interface ConnectionDeps extends HandleCreateDeps {
  readonly reader: BackPressureLimits;
  readonly limits: ResponsesSocketLimits;
}

export function serveConnection(
  ws: WebSocket,
  connection: Duplex,
  { headers, credential }: Pick<ConnectionContext, "headers" | "credential">,
  deps: ConnectionDeps,
): void {
  const { limits } = deps;
  const disconnectController = new AbortController();
  const send = createSend(ws, connection, deps.reader);
  const context: ConnectionContext = {
    headers,
    credential,
    send,
    disconnectSignal: disconnectController.signal,
    cache: createConnectionCache(deps.store),
  };
  const queue: string[] = [];
  let queuedLength = 0;
  let isBusy = false;
  let isExpired = false;

  const reject = (error: GatewayError): void => {
    // A client that does not read could make any number of errors wait in memory.
    if (ws.bufferedAmount > deps.reader.maxUnreadBytes) ws.close(1013, "you do not read: connect again");
    else void send(createErrorFrame(error));
  };
  const expire = (): void => {
    isExpired = true;
    if (isBusy) return;
    reject(createConnectionExpiredError(limits.maxAgeMs));
    ws.close(1000, "connect again");
  };
  const dequeue = (): string | undefined => (isExpired || !isOpen(ws) ? undefined : queue.shift());
  const processQueue = async (): Promise<void> => {
    isBusy = true;
    for (let text = dequeue(); text !== undefined; text = dequeue()) {
      queuedLength -= text.length;
      await handleCreate(text, context, deps);
    }
    isBusy = false;
    if (isExpired && isOpen(ws)) expire();
  };

  const expiryTimer = setTimeout(expire, limits.maxAgeMs);
  const onRevoked = (): void => {
    reject(toGatewayError(credential.revoked.reason));
    ws.close(1008, "the credential has ended");
  };
  credential.revoked.addEventListener("abort", onRevoked);
  ws.on("error", () => {});
  ws.once("close", () => {
    clearTimeout(expiryTimer);
    credential.revoked.removeEventListener("abort", onRevoked);
    disconnectController.abort();
  });
  ws.on("message", (data: RawData, isBinary: boolean) => {
    if (!isOpen(ws)) return;
    if (isBinary) return ws.close(1003, "frames are text");
    const text = decodeText(data);
    if (queue.length >= limits.maxQueued || queuedLength + text.length > limits.maxQueuedLength)
      return reject(createQueueFullError(limits));
    queue.push(text);
    queuedLength += text.length;
    if (!isBusy) void processQueue();
  });
}

const isOpen = (ws: WebSocket): boolean => ws.readyState === ws.OPEN;

function createConnectionExpiredError(maxAgeMs: number): GatewayError {
  const minutes = Math.round(maxAgeMs / 60_000);
  return new GatewayError(
    "websocket_connection_limit_reached",
    `This connection is ${minutes} minutes old, which is the limit. Connect again; a stored response can be continued there.`,
  );
}

function createQueueFullError({ maxQueued, maxQueuedLength }: ResponsesSocketLimits): GatewayError {
  return new GatewayError(
    "server_overloaded",
    `At most ${maxQueued} requests of a connection, ${maxQueuedLength} characters together, wait for the one before them.`,
  );
}
