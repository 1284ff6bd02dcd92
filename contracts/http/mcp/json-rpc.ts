/** The messages of JSON-RPC 2.0 as MCP has them. https://www.jsonrpc.org/specification */
import { z } from "zod";
import { anyObject, shortText } from "../../limits.ts";
import type { ErrorCode } from "../../errors.ts";

const integer = (): z.ZodInt => z.int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);

const RequestId = z
  .union([shortText(), integer()])
  .meta({ id: "JsonRpcRequestId", description: "Id of a request." });

const ResponseId = z
  .union([shortText(), integer(), z.null()])
  .meta({ id: "JsonRpcResponseId", description: "Id of the request; null where it is not known." });

const version = z.literal("2.0").describe("Always `2.0`.");

const JsonRpcErrorData = z
  .looseObject({
    type: shortText().optional().describe("OpenAI's error type, as in other endpoints."),
    param: shortText().nullish().describe("Path of the invalid field, for example `method`."),
    code: shortText().optional().describe("The gateway's code for programs, for example `invalid_api_key`."),
  })
  .meta({
    id: "JsonRpcErrorData",
    description:
      "The gateway's own fields of an error, or those that MCP defines for its code, such as `supported` protocol versions.",
  });

const JsonRpcError = z
  .object({
    code: z
      .int()
      .describe("JSON-RPC's or MCP's error code: `-32700`, `-32600` to `-32603`, `-32020` to `-32022`."),
    message: z.string().max(4096).describe("What is wrong, where, and how to fix it. For people."),
    data: JsonRpcErrorData.optional(),
  })
  .meta({ id: "JsonRpcError", description: "A JSON-RPC error." });

export const JsonRpcErrorBody = z
  .object({
    jsonrpc: version,
    id: ResponseId,
    error: JsonRpcError,
  })
  .meta({ id: "JsonRpcErrorBody", description: "The body of every error of `/mcp`." });

/** What a client sends. The gateway sends no requests of its own, so there are no responses to them. */
export const JsonRpcRequest = z
  .object({
    jsonrpc: version,
    id: RequestId.nullish().describe("A notification has none, and gets 202."),
    method: shortText()
      .min(1)
      .describe(
        "`initialize`, `server/discover`, `ping`, `tools/list`, `tools/call`, or a notification such as `notifications/cancelled`.",
      ),
    params: anyObject()
      .nullish()
      .describe(
        "Parameters of the method. `_meta.progressToken` of a `tools/call` asks for progress notifications.",
      ),
  })
  .meta({ id: "JsonRpcRequest", description: "A request or a notification of MCP." });

export const JsonRpcResponse = z
  .object({
    jsonrpc: version,
    id: ResponseId,
    result: anyObject()
      .optional()
      .describe(
        "The result of the method. That of `tools/call` has `content`, and `isError` when the run or the tool failed; `structuredContent.error` is the failure then.",
      ),
    error: JsonRpcError.optional().describe("Present instead of `result`: the request was not valid."),
  })
  .meta({ id: "JsonRpcResponse", description: "The response to a request." });

const JsonRpcNotification = z
  .object({
    jsonrpc: version,
    method: shortText().describe("`notifications/progress`."),
    params: anyObject()
      .optional()
      .describe(
        "`progressToken`, `progress`, which counts the notifications, and `message`: the text that is new since the last notification, a tool that the agent runs, or how long the run takes.",
      ),
  })
  .meta({ id: "JsonRpcNotification", description: "A notification during a call." });

export const JsonRpcMessage = z
  .union([JsonRpcNotification, JsonRpcResponse])
  .meta({ id: "JsonRpcMessage", description: "A notification, or last the response." });

/** JSON-RPC's code for an error of the gateway. */
export function toJsonRpcErrorCode(code: ErrorCode, status: number): number {
  if (code === "invalid_json") return -32_700;
  return status >= 500 ? -32_603 : -32_600;
}
