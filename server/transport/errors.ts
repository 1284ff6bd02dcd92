/** Maps errors to HTTP: status, headers and body. Nothing else does. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { z } from "zod";
import type { DeclaredShape, ErrorShape, Switch } from "../../contracts/endpoint.ts";
import { isRetryDecided } from "../../contracts/error-responses.ts";
import { errorTable, type ErrorCode } from "../../contracts/errors.ts";
import { toJsonRpcErrorCode, type JsonRpcErrorBody } from "../../contracts/http/mcp/json-rpc.ts";
import { browserHeaders } from "../../contracts/response-headers.ts";
import type { Log } from "../lib/ports.ts";
import { toAnthropicErrorBody } from "./anthropic-errors.ts";
import { discardBody } from "./discard-body.ts";
import { GatewayError, hasLoggableMessage, isLogged, markLogged, toGatewayError } from "../lib/errors.ts";

interface ErrorReply {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: ErrorCode;
  };
}

/** Returns the error body. All four keys are always present. */
export function toErrorBody(error: GatewayError): ErrorReply {
  return {
    error: {
      message: error.message,
      type: errorTable[error.code].type,
      param: error.param,
      code: error.code,
    },
  };
}

/** Returns the shape for one request. */
export function resolveErrorShape(
  shape: DeclaredShape = "plain",
  { headers }: Pick<IncomingMessage, "headers">,
): ErrorShape {
  if (shape !== "negotiated") return shape;
  return headers["anthropic-version"] === undefined ? "plain" : "anthropic";
}

/** The id of the request is not known: its body may not have been read. */
function toJsonRpcErrorBody(error: GatewayError): z.input<typeof JsonRpcErrorBody> {
  const { code, message, param } = error;
  const { status, type } = errorTable[code];
  const data = { type, param, code };
  return { jsonrpc: "2.0", id: null, error: { code: toJsonRpcErrorCode(code, status), message, data } };
}

/** Returns the body of an error response as JSON text. */
export function serializeError(thrown: unknown, shape: ErrorShape, requestId: string): string {
  const error = toGatewayError(thrown);
  if (shape === "anthropic") return JSON.stringify(toAnthropicErrorBody(error, requestId));
  const plain = toErrorBody(error);
  if (shape === "json-rpc") return JSON.stringify(toJsonRpcErrorBody(error));
  return JSON.stringify(shape === "ok" ? { ok: false, ...plain } : plain);
}

/** Returns the headers of an error response, without those that every response has. */
function toErrorHeaders(error: GatewayError, shape?: ErrorShape): Record<string, string> {
  const { status } = errorTable[error.code];
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  if (status === 401) headers["www-authenticate"] = "Bearer";
  // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22
  if (status === 426) headers["upgrade"] = "HTTP/1.1";
  if (error.retryAfterSeconds !== undefined) {
    headers["retry-after"] = String(error.retryAfterSeconds);
    headers["retry-after-ms"] = String(error.retryAfterSeconds * 1_000);
  }
  if (isRetryDecided(status, shape)) headers["x-should-retry"] = String(error.retry);
  return headers;
}

/** Sends the error. After the headers have left it destroys the connection, so that a cut reply does not look complete. */
export function sendError(res: ServerResponse, thrown: unknown, declaredShape?: DeclaredShape): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const error = toGatewayError(thrown);
  const shape = resolveErrorShape(declaredShape, res.req);
  const requestId = readRequestId(res.req);
  const body = serializeError(error, shape, requestId);
  discardBody(res);
  res.writeHead(errorTable[error.code].status, {
    ...createStandardHeaders(requestId, shape),
    ...toErrorHeaders(error, shape),
    "content-length": Buffer.byteLength(body),
  });
  res.end(res.req.method === "HEAD" ? undefined : body);
}

/** What a log line says about a request. */
export interface LoggedRequest {
  readonly requestId: string;
  readonly traceId?: string | undefined;
  readonly method?: string | undefined;
  /** The path template. Undefined for an unknown path. */
  readonly path?: string | undefined;
  /** The address of the client. */
  readonly peer?: string | undefined;
}

/**
 * Logs a failure once per request: a run or a tool call may have logged it already. A 5xx is a warning with its cause, a bug
 * is an error, and everything else is information.
 */
export function logFailure(log: Log, request: LoggedRequest, thrown: unknown): void {
  const error = toGatewayError(thrown);
  const { requestId } = request;
  if (isLogged(error, requestId)) return;
  markLogged(error, requestId);
  const { status } = errorTable[error.code];
  const fields = { ...request, status, code: error.code };
  if (status < 500) {
    const param = error.param === null ? {} : { param: error.param };
    return log.info("request rejected", { ...fields, ...param });
  }
  log[error.code === "internal_error" ? "error" : "warn"]("request failed", {
    ...fields,
    ...(hasLoggableMessage(error) ? { error: error.message } : {}),
    cause: formatCause(error),
  });
}

function formatCause({ cause }: GatewayError): string | undefined {
  return cause instanceof Error ? (cause.stack ?? cause.message) : undefined;
}

/** The error for an endpoint that any one of `switches` would enable. */
export function createDisabledError(switches: readonly Switch[]): GatewayError {
  return new GatewayError(
    "endpoint_disabled",
    `This endpoint is disabled. To enable it, set ${[...new Set(switches)].join(" or ")} to true.`,
  );
}

/** Returns the headers of every response. All headers of a response are written at once, which costs least. */
export function createStandardHeaders(
  requestId: string,
  shape?: ErrorShape,
): Readonly<Record<string, string>> {
  const headers = { "x-request-id": requestId, ...browserHeaders };
  return shape === "anthropic" ? { ...headers, "request-id": requestId } : headers;
}

/** Returns the id that `createApp` has given the request. */
export const readRequestId = (req: IncomingMessage): string => req.headers["x-request-id"] as string;

/** Formats an error response as text, for sockets without a response object. */
export function formatErrorResponse(error: GatewayError, requestId: string): string {
  const { status } = errorTable[error.code];
  const body = JSON.stringify(toErrorBody(error));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...Object.entries({ ...createStandardHeaders(requestId), ...toErrorHeaders(error) }).map((pair) =>
      pair.join(": "),
    ),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
