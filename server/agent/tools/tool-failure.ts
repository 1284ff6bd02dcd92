/** What a failure is to the caller of one tool: words of the tool's own, or a fault that only the log is told of. */
import { errorTable } from "../../../contracts/errors.ts";
import { GatewayError, toGatewayError } from "../../errors.ts";
import type { ToolOutput } from "../types.ts";
import { cutText } from "./cap-output.ts";

/** Characters of a failure that an error's message carries. */
const maxText = 4_000;

/** `began`: the tool may have done something, so that a repeat would do it again. */
export function toolFailure(thrown: unknown, signal: AbortSignal, began: boolean): GatewayError {
  const cause: unknown = signal.aborted ? signal.reason : thrown;
  if (signal.aborted && !(cause instanceof GatewayError)) {
    return new GatewayError("run_aborted", "The caller left before the tool was done.");
  }
  if (!(cause instanceof GatewayError))
    return inWords(cause) ? toolError(cause.message) : toGatewayError(cause);
  if (!began) return cause;
  const { code, message, param, retryAfterSeconds } = cause;
  // A tool knows nothing of requests: what it refuses is no fault of the fields that were sent.
  if (errorTable[code].status < 500) return toolError(message);
  const details = { param: param ?? undefined, retryAfterSeconds, retry: false, cause: cause.cause };
  return new GatewayError(code, message, details);
}

export function failureText({ content }: ToolOutput): string {
  const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.join("\n").trim();
}

function toolError(text: string): GatewayError {
  const cut = cutText(text, maxText);
  return new GatewayError("tool_error", cut === "" ? "The tool failed." : cut === text ? text : `${cut} […]`);
}

/** A tool fails by throwing an `Error` with a message. What the engine or the system throws, nobody has worded. */
export function inWords(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error) || "syscall" in thrown) return false;
  return ![TypeError, RangeError, ReferenceError, SyntaxError, URIError].some(
    (kind) => thrown instanceof kind,
  );
}
