/** Anthropic's Messages API. Thinking that led to a tool call is signed and has to come back with the tool's result. */
import { GatewayError } from "../../../errors.ts";
import type { ModelCall, ToolDefinition } from "../../types.ts";
import { asObject } from "../wire.ts";
import type { Api, Target } from "./api.ts";
import { hasThought } from "./kept-parts.ts";

/** The API wants a limit. Of Claude the package knows the highest; this is for models of other makers. */
const defaultMaxTokens = 8_192;
/** Models that have to be forced to call a tool when their answer is to have a format. */
const formatsByCall = /^(?!.*claude-)|claude-(?:3|(?:sonnet|opus)-4(?:-0|-2025|@|$))/;

export const anthropicMessages: Api = {
  name: "anthropic-messages",
  baseUrl: "https://api.anthropic.com/v1",
  namespace: "anthropic",
  knowsStop: true,
  textsAreMessages: false,
  credential: (apiKey) => ({ "x-api-key": apiKey }),
  async open({ baseURL, fetch }, modelId) {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return createAnthropic({ baseURL, fetch, apiKey: "none" })(modelId);
  },
  prepare(call, target) {
    if (call.responseFormat?.type === "json_object") {
      throw new GatewayError(
        "unsupported_value",
        'This model\'s provider takes no JSON format without a schema; send {"type": "json_schema"}.',
        { param: "response_format" },
      );
    }
    const claude = target.modelId.includes("claude-");
    return {
      call: {
        ...call,
        ...(call.tools.length === 0 ? usedTools(call) : {}),
        thinking: call.thinking === undefined || mayThink(call, target) ? call.thinking : "off",
        maxOutputTokens: call.maxOutputTokens ?? (claude ? undefined : defaultMaxTokens),
      },
      options: {
        // Arguments that are streamed as they are written need not be JSON in the end.
        toolStreaming: false,
        ...(call.parallelToolCalls || call.tools.length === 0 ? {} : { disableParallelToolUse: true }),
        // An agent with tools asks again and again with the same beginning.
        ...(target.official && call.tools.length > 0 ? { cacheControl: { type: "ephemeral" } } : {}),
      },
    };
  },
  errorIn: (event) => event,
  completes: (event) =>
    asObject<{ readonly type?: unknown }>(event)?.type === "message_stop" ? "last" : "no",
};

/** A conversation in which tools were used has to define them, also when they may not be used any more. */
function usedTools({ turns }: ModelCall): Pick<ModelCall, "tools" | "toolChoice"> | undefined {
  const calls = turns.flatMap((turn) => (turn.role === "assistant" ? turn.calls : []));
  const tools = [...new Set(calls.map(({ name }) => name))].map((name): ToolDefinition => ({ name }));
  return tools.length === 0 ? undefined : { tools, toolChoice: "none" };
}

/** Forced calls exclude thinking, and so does a call that the model has made without. */
function mayThink({ toolChoice, turns, responseFormat }: ModelCall, { key, modelId }: Target): boolean {
  if (toolChoice === "required" || typeof toolChoice === "object") return false;
  if (responseFormat !== undefined && formatsByCall.test(modelId)) return false;
  if (turns.at(-1)?.role !== "tool") return true;
  const caller = turns.findLast((turn) => turn.role === "assistant");
  return caller !== undefined && hasThought(caller, key);
}
