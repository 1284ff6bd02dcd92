/** Maps a messages request to the fields of a run. Rejects fields that the gateway cannot honour. */
import type { MessagesRequest } from "../../../contracts/http/messages/request.ts";
import type { ResponseFormat, Run, ThinkingLevel } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { UnresolvedTurn } from "../../attachments/unresolved-turns.ts";
import type { Unseal } from "./assistant-content.ts";
import type { BlockOptions } from "./block-writer.ts";
import { createUnsupportedError } from "./content-blocks.ts";
import { readBreakpoints } from "./cache-control.ts";
import { readConversation, separator } from "./conversation.ts";
import { parseMessagesTools, type ParsedTools } from "./tools.ts";

type MessagesRunFields = Pick<
  Run,
  | "instructions"
  | "turnsParam"
  | "turnParams"
  | "acceptsLateResults"
  | "toolChoice"
  | "parallelToolCalls"
  | "responseFormat"
  | "sampling"
  | "maxOutputTokens"
  | "stop"
  | "thinking"
  | "promptCache"
  | "stream"
>;

export interface ParsedRequest {
  readonly run: MessagesRunFields;
  readonly turns: readonly UnresolvedTurn[];
  readonly tools: ParsedTools;
}

/** The body of either operation: `count_tokens` has no limit of the output. */
export type PromptRequest = Omit<MessagesRequest, "max_tokens"> &
  Partial<Pick<MessagesRequest, "max_tokens">>;

export function parseMessagesRequest(body: PromptRequest, unseal: Unseal): ParsedRequest {
  if (body.mcp_servers?.length)
    throw createUnsupportedError("mcp_servers", "configure MCP servers for the agent; leave this out");
  if (body.thread) {
    // The SDKs' tool runners know this code, and send all messages from then on.
    const message = "thread: this gateway keeps no threads; send all messages";
    throw new GatewayError("thread_unsupported_request", message, { param: "thread" });
  }
  const { instructions, instructionTexts, turns, turnParams, effort, loadedTools } = readConversation(
    body,
    unseal,
  );
  const tools = parseMessagesTools(body, loadedTools);
  const run: MessagesRunFields = {
    instructions,
    turnsParam: "messages",
    turnParams,
    acceptsLateResults: true,
    toolChoice: tools.choice,
    parallelToolCalls: tools.allowsParallelCalls,
    responseFormat: toResponseFormat(body.output_config?.format ?? body.output_format),
    sampling: { temperature: body.temperature ?? undefined, topP: body.top_p ?? undefined },
    maxOutputTokens: body.max_tokens,
    stop: (body.stop_sequences ?? []).filter((text) => text.trim() !== ""),
    thinking: toThinkingLevel(body.thinking, effort ?? body.output_config?.effort ?? undefined),
    promptCache: { breakpoints: readBreakpoints(body, instructionTexts, separator) },
    stream: body.stream ?? false,
  };
  return { run, turns, tools };
}

function toResponseFormat(format: MessagesRequest["output_format"]): ResponseFormat | undefined {
  if (!format) return undefined;
  return { type: "json_schema", name: "response", schema: format.schema, strict: true };
}

/** Undefined: the agent's own setting. */
function toThinkingLevel(
  thinking: MessagesRequest["thinking"],
  effort: ThinkingLevel | undefined,
): ThinkingLevel | undefined {
  if (thinking?.type === "disabled") return "off";
  const budget = thinking?.type === "enabled" ? thinking.budget_tokens : undefined;
  if (!budget) return effort;
  if (budget >= 4_096) return "high";
  if (budget >= 2_048) return "medium";
  return budget >= 1_024 ? "low" : "minimal";
}

/** How the reply shows thinking. */
export function getThinkingDisplay({
  thinking,
}: Pick<MessagesRequest, "thinking">): BlockOptions["thinking"] {
  if (!thinking || thinking.type === "disabled") return "hidden";
  return thinking.display === "omitted" ? "omitted" : "text";
}
