/** Maps run results, tool outputs and failures to results of `tools/call`. */
import { ProtocolError, ProtocolErrorCode, type CallToolResult } from "@modelcontextprotocol/server";
import { errorTable } from "../../../contracts/errors.ts";
import type { RunResult } from "../../agent/fold-run.ts";
import type { ToolOutput } from "../../agent/types.ts";
import { toGatewayError } from "../../lib/errors.ts";

export const toRunResult = ({ text, refusal }: Pick<RunResult, "text" | "refusal">): CallToolResult => ({
  content: [{ type: "text", text: text + refusal }],
});

/** Several clients show their model `structuredContent` alone where there is any, so `details` are left out. */
export const toToolResult = ({ content }: ToolOutput): CallToolResult => ({
  content: content.map((part) =>
    part.type === "text"
      ? { type: part.type, text: part.text }
      : { type: part.type, data: part.data, mimeType: part.mediaType },
  ),
});

/** A failure is a result that the caller's model can read. Only a name that does not exist is an error of the protocol. */
export function toFailedResult(thrown: unknown): CallToolResult {
  const failure = toGatewayError(thrown);
  const { code, message, param } = failure;
  const error = { message, type: errorTable[code].type, param, code };
  if (code === "tool_not_found") throw new ProtocolError(ProtocolErrorCode.InvalidParams, message, error);
  return {
    isError: true,
    content: [{ type: "text", text: `${code}: ${message}` }],
    structuredContent: { error },
  };
}
