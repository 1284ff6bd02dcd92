/** The one mapper from errors to HTTP: status, headers, body. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { errorTable, type ErrorCode } from "../../contracts/errors.ts";
import type { Log } from "../agent/types.ts";
import { type GatewayError, toGatewayError } from "../errors.ts";

interface ErrorReply {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: ErrorCode;
  };
}

const lingerMs = 1_000;

/** The body that says what went wrong; all four keys always. */
export function errorBody(error: GatewayError): ErrorReply {
  return {
    error: {
      message: error.message,
      type: errorTable[error.code].type,
      param: error.param,
      code: error.code,
    },
  };
}

/** The body of an error response. */
export function failureText(thrown: unknown, shape: Endpoint["errorShape"] = "plain"): string {
  const plain = errorBody(toGatewayError(thrown));
  return JSON.stringify(shape === "ok" ? { ok: false, ...plain } : plain);
}

/** Headers that come with an error beside the ones that every response has. */
export function errorHeaders(error: GatewayError): Record<string, string> {
  const { status } = errorTable[error.code];
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  if (status === 401) headers["www-authenticate"] = "Bearer";
  if (error.retryAfterSeconds !== undefined) headers["retry-after"] = String(error.retryAfterSeconds);
  if (status === 409 || status === 429 || status >= 500) headers["x-should-retry"] = String(error.retry);
  return headers;
}

/** Answers with the error, unless the response has begun: then the connection ends, so that nothing looks complete. */
export function sendError(
  res: ServerResponse,
  thrown: unknown,
  shape: Endpoint["errorShape"] = "plain",
): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const error = toGatewayError(thrown);
  const body = failureText(error, shape);
  res.writeHead(errorTable[error.code].status, {
    ...errorHeaders(error),
    "content-length": Buffer.byteLength(body),
  });
  res.end(res.req.method === "HEAD" ? undefined : body);
  if (!res.req.complete) endSoon(res.req);
}

/** A refused body is thrown away as it comes, so that its sender can read why; but not for long. */
function endSoon(req: IncomingMessage): void {
  const end = setTimeout(() => {
    if (!req.complete) req.destroy();
  }, lingerMs).unref();
  req.once("close", () => clearTimeout(end));
}

/** Leaves the cause of a 5xx in the log: the caller is not told it. What a refusal says may repeat the request. */
export function reportFailure(log: Log, requestId: string, thrown: unknown): void {
  const error = toGatewayError(thrown);
  const { status } = errorTable[error.code];
  const fields = { requestId, code: error.code, status };
  if (status >= 500) log.warn("request failed", { ...fields, error: error.message, cause: causeOf(error) });
  else log.debug("request refused", { ...fields, param: error.param });
}

function causeOf({ cause }: GatewayError): string | undefined {
  return cause instanceof Error ? (cause.stack ?? cause.message) : undefined;
}
