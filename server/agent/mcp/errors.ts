/** Describes errors of MCP servers in texts that continue "The MCP server". */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";

export interface McpErrorInfo {
  readonly text: string;
  /** True if the server does not work at all; false if only this request failed. */
  readonly isDown: boolean;
}

/** Statuses that a proxy sends if it cannot reach the server. */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/** Codes of a connection that was closed by the server. */
const closedCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** Leaves out Node's and the SDK's messages, which can contain paths, URLs and headers. Messages of the server are kept. */
export function describeError(error: unknown): McpErrorInfo {
  if (error instanceof ProtocolError) return { text: `reported an error: ${error.message}`, isDown: false };
  if (error instanceof SdkHttpError) return describeHttpStatus(error.status);
  if (error instanceof SdkError && error.code === SdkErrorCode.EraNegotiationFailed && error.cause) {
    return describeError(error.cause);
  }
  if (error instanceof SdkError) return { text: describeSdkError(error.code), isDown: false };
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return { text: "did not respond in time", isDown: true };
  }
  const code = getErrorCode(error);
  if (code === "ENOENT") {
    return {
      text: "cannot be started: there is no such command, or no such folder to start it in",
      isDown: true,
    };
  }
  if (code === "EACCES") return { text: "cannot be started: its command is not executable", isDown: true };
  if (code !== undefined && closedCodes.has(code)) return { text: "closed the connection", isDown: true };
  if (code !== undefined) return { text: `cannot be reached (${code})`, isDown: true };
  if (error instanceof TypeError) return { text: "cannot be reached", isDown: true };
  return { text: invalidResponse, isDown: false };
}

const invalidResponse = "sent a response that is not valid MCP, or is too large";

function describeHttpStatus(status: number): McpErrorInfo {
  const text = `responded with status ${status}${getStatusAdvice(status)}`;
  return { text, isDown: gatewayStatuses.has(status) };
}

function getStatusAdvice(status: number): string {
  if (status === 401 || status === 403) return "; check the headers that are configured for it";
  return status >= 300 && status < 400 ? ", a redirect to another origin; configure that URL instead" : "";
}

function describeSdkError(code: SdkErrorCode): string {
  switch (code) {
    case SdkErrorCode.RequestTimeout:
      return "did not respond in time";
    case SdkErrorCode.ConnectionClosed:
      return "closed the connection";
    case SdkErrorCode.ListPaginationExceeded:
      return "has an endless list of tools";
    case SdkErrorCode.UnsupportedResultType:
    case SdkErrorCode.InputRequiredRoundsExceeded:
      return "requests user input, which this gateway does not support";
    default:
      return invalidResponse;
  }
}

/** Returns the code of the innermost error that has one, such as `ECONNREFUSED`. */
function getErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return getErrorCode(error.cause) ?? (typeof code === "string" ? code : undefined);
}
