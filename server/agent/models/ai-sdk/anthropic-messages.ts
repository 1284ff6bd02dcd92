/** Anthropic's Messages API. Signed thinking that led to a tool call must be sent back with the tool's result. */
import { GatewayError } from "../../../lib/errors.ts";
import type { ModelCall, ToolDefinition } from "../../types.ts";
import { getCalls } from "../../parts.ts";
import { asObject } from "../untrusted-json.ts";
import type { Api, Target } from "./api.ts";
import { hasThought } from "./assistant-parts.ts";

/** The API requires a limit. The package knows the maximum of Claude models; other models get this one. */
const defaultMaxTokens = 8_192;
/** Models without native response formats: the package forces a tool call instead. */
const toolFormatModels = /^(?!.*claude-)|claude-(?:3|(?:sonnet|opus)-4(?:-0|-2025|@|$))/;

export const anthropicMessages: Api = {
  name: "anthropic-messages",
  baseUrl: "https://api.anthropic.com/v1",
  namespace: "anthropic",
  supportsStopSequences: true,
  supportsReferences: true,
  hasMessagePerText: false,
  authHeaders: (apiKey) => ({ "x-api-key": apiKey }),
  async loadModel({ baseURL, fetch }, modelId) {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return createAnthropic({ baseURL, fetch, apiKey: "none" })(modelId);
  },
  adaptCall(call, target) {
    if (call.responseFormat?.type === "json_object") {
      throw new GatewayError(
        "unsupported_value",
        'This model\'s provider does not support JSON without a schema; send {"type": "json_schema"}.',
        { param: "response_format" },
      );
    }
    const isClaude = target.modelId.includes("claude-");
    return {
      call: {
        ...call,
        ...(call.tools.length === 0 ? defineUsedTools(call) : {}),
        thinking: call.thinking === undefined || canThink(call, target) ? call.thinking : "off",
        maxOutputTokens: call.maxOutputTokens ?? (isClaude ? undefined : defaultMaxTokens),
      },
      options: {
        // Fine-grained tool streaming may end in arguments that are not valid JSON.
        toolStreaming: false,
        ...(call.parallelToolCalls || call.tools.length === 0 ? {} : { disableParallelToolUse: true }),
        // An agent with tools sends many requests with the same prefix.
        ...(target.isOfficial && call.tools.length > 0 ? { cacheControl: { type: "ephemeral" } } : {}),
      },
    };
  },
  findError: (event) => event,
  checkCompletion: (event) =>
    asObject<{ readonly type?: unknown }>(event)?.type === "message_stop" ? "last" : "no",
};

/** The API requires definitions of the tools that the conversation has used, even when no tool may be called now. */
function defineUsedTools({ turns }: ModelCall): Pick<ModelCall, "tools" | "toolChoice"> | undefined {
  const calls = turns.flatMap(getCalls);
  const tools = [...new Set(calls.map(({ name }) => name))].map((name): ToolDefinition => ({ name }));
  return tools.length === 0 ? undefined : { tools, toolChoice: "none" };
}

/** Thinking is not allowed with a forced tool call, or after a tool call that was made without thinking. */
function canThink({ toolChoice, turns, responseFormat }: ModelCall, { key, modelId }: Target): boolean {
  if (toolChoice === "required" || typeof toolChoice === "object") return false;
  if (responseFormat !== undefined && toolFormatModels.test(modelId)) return false;
  if (turns.at(-1)?.role !== "tool") return true;
  const lastAssistantTurn = turns.findLast((turn) => turn.role === "assistant");
  return lastAssistantTurn !== undefined && hasThought(lastAssistantTurn, key);
}
