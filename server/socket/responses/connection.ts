/** Serves one WebSocket on /v1/responses: handles its requests lane by lane, until it closes or expires. */
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import type { BodyBudget } from "../../transport/body-budget.ts";
import type { BackPressureLimits } from "../../transport/back-pressure.ts";
import { decodeText } from "../websocket-server.ts";
import { handleCreate, createErrorFrame, type HandleCreateDeps, type LaneContext } from "./handle-create.ts";
import { createConnectionCache } from "./connection-cache.ts";
import { createLanes, readStreamId, type LaneLimits } from "./lanes.ts";
import { createSend } from "./send-queue.ts";

/** Limits of one connection. */
export interface ResponsesSocketLimits extends LaneLimits {
  /** A connection closes after this time. */
  readonly maxAgeMs: number;
  /** A client that has not answered a ping after this time is disconnected. */
  readonly heartbeatMs: number;
}

export const responsesSocketLimits: ResponsesSocketLimits = {
  maxAgeMs: 60 * 60_000,
  maxActive: 16,
  maxLanes: 32,
  maxQueued: 16,
  maxQueuedLength: 32_000_000,
  heartbeatMs: 30_000,
};

export interface ConnectionDeps extends HandleCreateDeps {
  readonly reader: BackPressureLimits;
  readonly limits: ResponsesSocketLimits;
  readonly bodyBudget: BodyBudget;
}

export function serveConnection(
  ws: WebSocket,
  connection: Duplex,
  { headers, requestHeaders, credential }: Pick<LaneContext, "headers" | "requestHeaders" | "credential">,
  deps: ConnectionDeps,
): void {
  const { limits } = deps;
  const disconnectController = new AbortController();
  const send = createSend(ws, connection, deps.reader);
  const disconnectSignal = disconnectController.signal;
  /** Set when the connection must close as soon as no request is at work. */
  let closing: { readonly error: GatewayError; readonly code: number; readonly reason: string } | undefined;

  const reject = (error: GatewayError, streamId?: string): void => {
    // A client that does not read could make any number of errors wait in memory.
    if (ws.bufferedAmount > deps.reader.maxUnreadBytes) ws.close(1013, "you do not read: connect again");
    else void send(createErrorFrame(error, streamId));
  };
  const lanes = createLanes({
    limits,
    bodyBudget: deps.bodyBudget,
    cache: createConnectionCache(deps.store),
    handle: (text, { id, cache }) =>
      handleCreate(
        text,
        { headers, requestHeaders, credential, send, disconnectSignal, streamId: id, cache },
        deps,
      ),
    isOpen: () => closing === undefined && isOpen(ws),
    onIdle: () => closeIfIdle(),
  });
  const closeIfIdle = (): void => {
    if (closing === undefined || lanes.isBusy() || !isOpen(ws)) return;
    reject(closing.error);
    ws.close(closing.code, closing.reason);
  };
  const closeWhenIdle = (error: GatewayError, code: number, reason: string): void => {
    closing ??= { error, code, reason };
    closeIfIdle();
  };

  const expiryTimer = setTimeout(
    () => closeWhenIdle(createConnectionExpiredError(limits.maxAgeMs), 1000, "connect again"),
    limits.maxAgeMs,
  );
  /** The request at work was accepted with the secret of then. */
  const { replaced } = credential;
  const onReplaced = (): void =>
    closeWhenIdle(toGatewayError(replaced?.reason), 1008, "the credential has ended");
  replaced?.addEventListener("abort", onReplaced);
  const onRevoked = (): void => {
    reject(toGatewayError(credential.revoked.reason));
    ws.close(1008, "the credential has ended");
  };
  credential.revoked.addEventListener("abort", onRevoked);
  ws.on("error", () => {});
  ws.once("close", () => {
    clearTimeout(expiryTimer);
    replaced?.removeEventListener("abort", onReplaced);
    credential.revoked.removeEventListener("abort", onRevoked);
    disconnectController.abort();
  });
  ws.on("message", (data: RawData, isBinary: boolean) => {
    if (!isOpen(ws)) return;
    if (isBinary) return ws.close(1003, "frames are text");
    const text = decodeText(data);
    let streamId: string | undefined;
    try {
      streamId = readStreamId(text, deps.json);
      lanes.push(streamId, text);
    } catch (thrown) {
      reject(toGatewayError(thrown), streamId);
    }
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
