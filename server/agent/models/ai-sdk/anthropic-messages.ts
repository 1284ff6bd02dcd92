/** Anthropic's Messages API. Signed thinking that led to a tool call must be sent back with the tool's result. */
import type { JSONObject } from "@ai-sdk/provider";
import { GatewayError } from "../../../lib/errors.ts";
import type { CacheControl, ModelCall, ToolDefinition } from "../../types.ts";
import { getCalls } from "../../parts.ts";
import { asFields, asList, pick } from "../untrusted-json.ts";
import { createAnthropicEventReader } from "./anthropic-events.ts";
import type { Api, Fields, Target } from "./api.ts";
import { hasThought } from "./assistant-parts.ts";

/** The API requires a limit. The package knows the maximum of Claude models; other models get this one. */
const defaultMaxTokens = 8_192;
/** Models without native response formats: the package forces a tool call instead. */
const toolFormatModels = /^(?!.*claude-)|claude-(?:3|(?:sonnet|opus)-4(?:-0|-2025|@|$))/;

const closingEvent = { type: "message_stop" } as const;

export const anthropicMessages: Api = {
  name: "anthropic-messages",
  baseUrl: "https://api.anthropic.com/v1",
  officialHosts: ["api.anthropic.com"],
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
    const cacheControl = selectCacheControl(call, target);
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
        ...(cacheControl === undefined ? {} : { cacheControl }),
      },
    };
  },
  toNativeTool({ name, native }, { isOfficial, modelId }) {
    if (native?.kind !== "anthropic" || !(isOfficial || modelId.includes("claude"))) return undefined;
    const { type, settings } = native;
    if (!packageTools.has(type)) return undefined;
    return { type: "provider", id: `anthropic.${type}`, name, args: toCamelCase(settings) };
  },
  completeBody(call) {
    const breakpoints = listNativeBreakpoints(call);
    return breakpoints.size === 0 ? undefined : (body) => addToTools(body, breakpoints);
  },
  findError: (event) => event,
  createEventReader: createAnthropicEventReader,
  isContent: (event) => "content_block" in event || "delta" in event,
  lastEvents: [
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 0 } },
    closingEvent,
  ],
  closingEvent,
  toEvents(reply) {
    const { content, stop_reason, stop_sequence, ...message } = reply;
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
    if (!Array.isArray(blocks)) return [];
    return [
      { type: "message_start", message },
      ...blocks.flatMap((content_block: unknown, index) => [
        { type: "content_block_start", index, content_block },
        { type: "content_block_stop", index },
      ]),
      {
        type: "message_delta",
        delta: { stop_reason: stop_reason ?? "end_turn", stop_sequence },
        usage: message["usage"],
      },
      closingEvent,
    ];
  },
  counter: {
    isOfficialOnly: false,
    toUrl: (url) => url.replace(/\/messages$/, "/messages/count_tokens"),
    toBody: (body) => pick(body, countedFields),
    readCount: ({ input_tokens: tokens }) => tokens,
  },
  checkCompletion(event) {
    const { type, delta } = asFields(event) ?? {};
    if (type === "message_stop") return "last";
    return type === "message_delta" && asFields(delta)?.["stop_reason"] ? "yes" : "no";
  },
};

/** The tools of Anthropic that run at the client and that the package knows, with the beta header that each needs. */
const packageTools: ReadonlySet<string> = new Set([
  "bash_20241022",
  "bash_20250124",
  "computer_20241022",
  "computer_20250124",
  "computer_20251124",
  "memory_20250818",
  "text_editor_20241022",
  "text_editor_20250124",
  "text_editor_20250429",
  "text_editor_20250728",
]);

const toCamelCase = (settings: Fields): Fields =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );

/** Anthropic rejects the others. */
const countedFields: readonly string[] = [
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "cache_control",
];

/** Anthropic rejects more. The package leaves out those of further blocks. */
const maxBreakpoints = 4;

/**
 * The breakpoint at the end of the request: the caller's, if its blocks leave one. An agent with tools sends many requests
 * with the same prefix, so it has one without asking, unless the caller has set its own.
 */
function selectCacheControl(call: ModelCall, { isOfficial }: Target): JSONObject | undefined {
  const { breakpoints } = call.promptCache ?? {};
  const count = countBreakpoints(call);
  if (breakpoints?.request !== undefined)
    return count < maxBreakpoints ? { ...breakpoints.request } : undefined;
  return isOfficial && call.tools.length > 0 && count === 0 ? { type: "ephemeral" } : undefined;
}

const countBreakpoints = ({ promptCache, tools, turns }: ModelCall): number =>
  (promptCache?.breakpoints?.system.length ?? 0) +
  [...tools, ...turns.flatMap(({ content }): readonly object[] => content)].filter(
    (each) => "cacheControl" in each && each.cacheControl !== undefined,
  ).length;

/** The breakpoints of the tools that Anthropic defines, by the types of the tools. */
function listNativeBreakpoints(call: ModelCall): ReadonlyMap<unknown, CacheControl> {
  const marked = call.tools.flatMap(({ native, cacheControl }) =>
    native?.kind === "anthropic" && cacheControl !== undefined ? [[native.type, cacheControl] as const] : [],
  );
  return new Map(countBreakpoints(call) > maxBreakpoints ? [] : marked);
}

/** Adds the breakpoints of native tools: the package writes those of functions only. */
function addToTools(body: Fields, breakpoints: ReadonlyMap<unknown, CacheControl>): Fields {
  const tools = asList(body["tools"]).map((tool) => {
    const fields = asFields(tool);
    const cacheControl = breakpoints.get(fields?.["type"]);
    return cacheControl === undefined ? tool : { ...fields, cache_control: cacheControl };
  });
  return { ...body, tools };
}

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
