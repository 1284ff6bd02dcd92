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
import { getCalls, getText, textOfParts } from "../../parts.ts";

type Json = Readonly<Record<string, unknown>>;

/** Returns the body as JSON. Throws for a call that the server does not support. */
export type WriteBody = (model: string, call: ModelCall) => string;

/** The JSON of each tool is cached: an agent's tools are the same objects in every call. */
export function createBodyWriter(compat: Compat): WriteBody {
  const cache = new WeakMap<ToolDefinition, string>();
  const serializeTool = (tool: ToolDefinition): string => {
    const text = cache.get(tool) ?? JSON.stringify(toTool(tool, compat));
    cache.set(tool, text);
    return text;
  };
  return (model, call) => {
    const body = JSON.stringify(buildBody(model, call, compat));
    if (call.tools.length === 0) return body;
    return `${body.slice(0, -1)},"tools":[${call.tools.map(serializeTool).join(",")}]}`;
  };
}

/** `JSON.stringify` leaves out the fields that are undefined. */
function buildBody(model: string, call: ModelCall, compat: Compat): Json {
  const { sampling } = call;
  return {
    model,
    messages: toMessages(call, compat),
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
    reasoning_effort: compat.supportsReasoningEffort ? toReasoningEffort(call.thinking) : undefined,
  };
}

const toReasoningEffort = (level: ThinkingLevel | undefined): string | undefined =>
  level === "off" ? "none" : level;

function toMessages(call: ModelCall, compat: Compat): readonly Json[] {
  const list: Json[] = [];
  const systemRole = compat.supportsDeveloperRole ? "developer" : "system";
  if (call.system !== "") list.push({ role: systemRole, content: call.system });
  // Tool messages are text only, and the results of one turn must be adjacent: their images follow in a user message.
  let images: ImagePart[] = [];
  const flushImages = (): void => {
    if (images.length > 0) list.push({ role: "user", content: images.map(toContentPart) });
    images = [];
  };
  for (const turn of call.turns) {
    if (turn.role !== "tool") flushImages();
    list.push(toMessage(turn, systemRole));
    if (turn.role === "tool") images.push(...turn.content.filter((part) => part.type === "image"));
  }
  flushImages();
  return list;
}

function toMessage(turn: Turn, systemRole: string): Json {
  switch (turn.role) {
    case "system":
      return { role: systemRole, content: textOfParts(turn.content) };
    case "user":
      return { role: "user", content: toContent(turn.content), name: turn.name };
    case "assistant":
      return toAssistantMessage(turn);
    case "tool":
      return { role: "tool", tool_call_id: turn.callId, content: textOfParts(turn.content) };
  }
}

function toAssistantMessage(turn: AssistantTurn): Json {
  const text = getText(turn);
  const refusal = getText(turn, "refusal");
  const calls = getCalls(turn);
  const hasContent = text !== "" || (calls.length === 0 && refusal === "");
  return {
    role: "assistant",
    content: hasContent ? text : null,
    refusal: refusal === "" ? undefined : refusal,
    tool_calls: calls.length === 0 ? undefined : calls.map(toToolCall),
  };
}

const toToolCall = (call: ToolCall): Json => ({
  id: call.id,
  type: "function",
  // Models write empty arguments for a tool without parameters; servers that parse them need JSON.
  function: { name: call.name, arguments: call.arguments === "" ? "{}" : call.arguments },
});

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
    parameters: tool.parameters ?? { type: "object", properties: {} },
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
