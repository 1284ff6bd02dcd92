/** Maps an error of a directly invoked tool to the error for its caller. */
import { errorTable } from "../../../contracts/errors.ts";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import type { ToolOutput } from "../types.ts";
import { truncateText } from "../../lib/truncate-text.ts";
import { textOfParts } from "../parts.ts";

/** Limit of an error's message, in characters. */
const maxMessageLength = 4_000;

/** `hasStarted`: the tool may have had effects, so the caller is not told to retry. */
export function toToolError(thrown: unknown, signal: AbortSignal, hasStarted: boolean): GatewayError {
  const cause: unknown = signal.aborted ? signal.reason : thrown;
  if (signal.aborted && !(cause instanceof GatewayError)) {
    return new GatewayError("run_aborted", "The caller disconnected before the tool finished.");
  }
  if (!(cause instanceof GatewayError))
    return isToolMessage(cause) ? createToolError(cause.message) : toGatewayError(cause);
  if (!hasStarted) return cause;
  const { code, message, param, retryAfterSeconds } = cause;
  // A client error thrown inside a tool is not about the fields of this request, so it becomes a tool error. The reason of an
  // abort, such as a revoked key, is about the request.
  if (errorTable[code].status < 500 && !signal.aborted) return createToolError(message);
  const details = { param: param ?? undefined, retryAfterSeconds, retry: false, cause: cause.cause };
  return new GatewayError(code, message, details);
}

export function getResultText({ content }: ToolOutput): string {
  return textOfParts(content).trim();
}

function createToolError(text: string): GatewayError {
  const truncated = truncateText(text, maxMessageLength);
  return new GatewayError(
    "tool_error",
    truncated === "" ? "The tool failed." : truncated === text ? text : `${truncated} […]`,
  );
}

/** True if a tool threw the error on purpose. Messages of the engine and of system calls must not reach callers. */
export function isToolMessage(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error) || "syscall" in thrown) return false;
  return ![TypeError, RangeError, ReferenceError, SyntaxError, URIError].some(
    (kind) => thrown instanceof kind,
  );
}
