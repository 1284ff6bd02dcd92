/** Writes a model call as the body of a Chat Completions request. No other field is ever sent. */
import { GatewayError } from "../../../lib/errors.ts";
import type {
  AssistantTurn,
  ImagePart,
  ModelCall,
  Part,
  ResponseFormat,
  ThinkingLevel,
  ToolCall,
  ToolChoice,
  ToolDefinition,
  Turn,
} from "../../types.ts";
import type { Compat } from "./compat.ts";
import { getCalls, getText, textOfParts, textOfResult } from "../../parts.ts";
import { inlineReferences, toObjectSchema } from "../tool-schema.ts";
import { parseArguments, tryParseJson } from "../untrusted-json.ts";
import { readThinkingField, toCallFields, toMessageFields } from "./provider-state.ts";

type Json = Readonly<Record<string, unknown>>;

/** The server, and the key of the model that is called. */
interface Target extends Compat {
  readonly modelKey: string;
}

/** Returns the body as JSON. Throws for a call that the server does not support. */
export type WriteBody = (model: string, call: ModelCall, modelKey: string) => string;

/** Smaller JSON is written again: an entry of a cache costs more. */
const minCachedLength = 1_024;

/**
 * The JSON of tools and of long turns is cached: an agent's tools are the same objects in every call, and the turns in every
 * step of a run, and in every run of a session that is at work.
 */
export function createBodyWriter(compat: Compat): WriteBody {
  const cache = new WeakMap<ToolDefinition | Turn, string>();
  const serialize = <T extends ToolDefinition | Turn>(value: T, toJson: (value: T) => Json): string => {
    const cached = cache.get(value);
    if (cached !== undefined) return cached;
    const text = JSON.stringify(toJson(value));
    // State that a model attached to its turn is sent to that model only.
    const isForOneModel = "role" in value && value.role === "assistant" && value.model !== undefined;
    if (text.length >= minCachedLength && !isForOneModel) cache.set(value, text);
    return text;
  };
  return (model, call, modelKey) => {
    const target = { ...compat, modelKey };
    const messages = listMessages(call, target).map((message) =>
      "json" in message
        ? JSON.stringify(message.json)
        : serialize(message.turn, (turn) => toMessage(turn, target)),
    );
    const fields = JSON.stringify(buildFields(call, compat)).slice(1, -1);
    const body = `{"model":${JSON.stringify(model)},"messages":[${messages.join(",")}],${fields}`;
    if (call.tools.length === 0) return `${body}}`;
    const tools = call.tools.map((tool) => serialize(tool, (each) => toTool(each, compat)));
    return `${body},"tools":[${tools.join(",")}]}`;
  };
}

/** `JSON.stringify` leaves out the fields that are undefined. */
function buildFields(call: ModelCall, compat: Compat): Json {
  const { sampling } = call;
  return {
    stream: call.stream,
    stream_options: call.stream && compat.supportsUsageInStreaming ? { include_usage: true } : undefined,
    ...toToolChoiceFields(call, compat),
    response_format: call.responseFormat && toResponseFormat(call.responseFormat, compat),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    seed: sampling.seed,
    logit_bias: sampling.logitBias,
    [compat.maxTokensField]: call.maxOutputTokens,
    stop: call.stop.length > 0 ? call.stop : undefined,
    prompt_cache_key: compat.supportsPromptCacheKey ? call.promptCache?.key : undefined,
    prompt_cache_retention: compat.supportsPromptCacheKey ? call.promptCache?.retention : undefined,
    reasoning_effort: compat.supportsReasoningEffort ? toReasoningEffort(call.thinking) : undefined,
  };
}

const toReasoningEffort = (level: ThinkingLevel | undefined): string | undefined =>
  level === "off" ? "none" : level;

/** A message of its own, or that of a turn. */
type Message = { readonly json: Json } | { readonly turn: Turn };

function listMessages(call: ModelCall, target: Target): readonly Message[] {
  const list: Message[] = [];
  if (call.system !== "") list.push({ json: { role: getSystemRole(target), content: call.system } });
  // Tool messages are text only, and the results of one turn must be adjacent: their images follow in a user message.
  let images: ImagePart[] = [];
  const flushImages = (): void => {
    if (images.length > 0) list.push({ json: { role: "user", content: images.map(toContentPart) } });
    images = [];
  };
  for (const turn of call.turns) {
    if (turn.role !== "tool") flushImages();
    list.push({ turn });
    if (turn.role === "tool") images.push(...turn.content.filter((part) => part.type === "image"));
  }
  flushImages();
  return list;
}

const getSystemRole = ({ supportsDeveloperRole }: Compat): string =>
  supportsDeveloperRole ? "developer" : "system";

function toMessage(turn: Turn, target: Target): Json {
  switch (turn.role) {
    case "system":
      return { role: getSystemRole(target), content: textOfParts(turn.content) };
    case "user":
      return { role: "user", content: toContent(turn.content), name: turn.name };
    case "assistant":
      return toAssistantMessage(turn, target);
    case "tool":
      return { role: "tool", tool_call_id: turn.callId, content: textOfResult(turn) };
  }
}

function toAssistantMessage(turn: AssistantTurn, target: Target): Json {
  const text = getText(turn);
  const refusal = getText(turn, "refusal");
  const calls = getCalls(turn);
  const hasContent = text !== "" || (calls.length === 0 && refusal === "");
  return {
    role: "assistant",
    content: hasContent ? text : null,
    refusal: refusal === "" ? undefined : refusal,
    tool_calls: calls.length === 0 ? undefined : calls.map((call) => toToolCall(call, turn, target)),
    ...(calls.length === 0 ? {} : toThinkingFields(turn, target)),
  };
}

/** A turn from a client names no model, and counts as written by the called model. */
const isWrittenBy = ({ model = "" }: AssistantTurn, { modelKey }: Target): boolean =>
  model === "" || model === modelKey;

/** Thinking goes back with the calls that it led to only: servers reject or ignore all other thinking. */
function toThinkingFields(turn: AssistantTurn, target: Target): Json {
  if (target.thinkingField === "none" || !isWrittenBy(turn, target)) return {};
  const states = turn.content.flatMap((part) => (part.type === "thinking" && part.state ? [part.state] : []));
  const field =
    target.thinkingField === "auto"
      ? (readThinkingField(states) ?? "reasoning_content")
      : target.thinkingField;
  const thinking = getText(turn, "thinking");
  return { [field]: thinking === "" ? undefined : thinking, ...toMessageFields(states) };
}

const toToolCall = (call: ToolCall, turn: AssistantTurn, target: Target): Json => ({
  ...(target.supportsCallState && isWrittenBy(turn, target) ? toCallFields(call.state) : {}),
  id: call.id,
  type: "function",
  function: { name: call.name, arguments: toJsonText(call.arguments) },
});

/** Models write empty arguments for a tool without parameters, or incomplete ones. Servers that parse arguments need JSON. */
const toJsonText = (text: string): string =>
  tryParseJson(text) === undefined ? JSON.stringify(parseArguments(text)) : text;

/** Sends text as a string: not every server accepts content parts. */
const toContent = (parts: readonly Part[]): string | readonly Json[] =>
  parts.every((part) => part.type === "text") ? textOfParts(parts) : parts.map(toContentPart);

const toContentPart = (part: Part): Json =>
  part.type === "text"
    ? { type: "text", text: part.text }
    : {
        type: "image_url",
        image_url: { url: `data:${part.mediaType};base64,${part.data}`, detail: part.detail },
      };

function toToolChoiceFields(call: ModelCall, compat: Compat): Json {
  if (call.tools.length === 0) return {};
  return {
    tool_choice: toToolChoice(call.toolChoice),
    // `true` is the default, and some models reject the field itself.
    parallel_tool_calls: call.parallelToolCalls || !compat.supportsParallelToolCalls ? undefined : false,
  };
}

const toTool = (tool: ToolDefinition, compat: Compat): Json => ({
  type: "function",
  function: {
    name: tool.name,
    description: tool.description,
    parameters: compat.supportsReferences
      ? toObjectSchema(tool.parameters)
      : inlineReferences(toObjectSchema(tool.parameters)),
    strict: compat.supportsStrictMode ? tool.strict : undefined,
  },
});

const toToolChoice = (choice: ToolChoice): string | Json =>
  typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };

function toResponseFormat(format: ResponseFormat, compat: Compat): Json {
  if (!compat.supportsResponseFormat) {
    throw new GatewayError(
      "unsupported_value",
      `This model's provider does not support response formats; leave response_format out, or use another model.`,
      { param: "response_format" },
    );
  }
  if (format.type === "json_object") return { type: "json_object" };
  const { name, description, schema, strict } = format;
  return {
    type: "json_schema",
    json_schema: { name, description, schema, strict: compat.supportsStrictMode ? strict : undefined },
  };
}
