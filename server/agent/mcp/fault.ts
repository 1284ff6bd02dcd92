/** What went wrong between the gateway and a server, in words that go on from "The MCP server". */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";

export interface Fault {
  readonly text: string;
  /** The server as a whole is of no use, not this request alone. */
  readonly isDown: boolean;
}

/** What a proxy says when it has no server behind it. */
const proxyStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

/** It was there, and went. */
const cutCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** Says nothing of the errors' own texts, which may name paths, URLs and headers; but what the server said is passed on. */
export function faultOf(error: unknown): Fault {
  if (error instanceof ProtocolError) return { text: `said: ${error.message}`, isDown: false };
  if (error instanceof SdkHttpError) return httpFault(error.status);
  if (error instanceof SdkError && error.code === SdkErrorCode.EraNegotiationFailed && error.cause) {
    return faultOf(error.cause);
  }
  if (error instanceof SdkError) return { text: sdkFault(error.code), isDown: false };
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return { text: "did not answer in time", isDown: true };
  }
  const code = codeOf(error);
  if (code === "ENOENT") {
    return {
      text: "cannot be started: there is no such command, or no such folder to start it in",
      isDown: true,
    };
  }
  if (code === "EACCES") return { text: "cannot be started: its command may not be executed", isDown: true };
  if (code !== undefined && cutCodes.has(code)) return { text: "closed the connection", isDown: true };
  if (code !== undefined) return { text: `cannot be reached (${code})`, isDown: true };
  if (error instanceof TypeError) return { text: "cannot be reached", isDown: true };
  return { text: foreign, isDown: false };
}

const foreign = "answered with something that is not of the protocol, or too large";

function httpFault(status: number): Fault {
  const text = `answered with status ${status}${adviceFor(status)}`;
  return { text, isDown: proxyStatuses.has(status) };
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return "; check the headers that are configured for it";
  return status >= 300 && status < 400 ? ", a redirect to another origin; configure that URL instead" : "";
}

function sdkFault(code: SdkErrorCode): string {
  switch (code) {
    case SdkErrorCode.RequestTimeout:
      return "did not answer in time";
    case SdkErrorCode.ConnectionClosed:
      return "closed the connection";
    case SdkErrorCode.ListPaginationExceeded:
      return "has a list of tools that does not end";
    case SdkErrorCode.UnsupportedResultType:
    case SdkErrorCode.InputRequiredRoundsExceeded:
      return "asks for the user's input, which this gateway cannot give";
    default:
      return foreign;
  }
}

/** Of the innermost error that has one: `ECONNREFUSED`. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return codeOf(error.cause) ?? (typeof code === "string" ? code : undefined);
}
