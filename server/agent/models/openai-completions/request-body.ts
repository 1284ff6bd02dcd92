/** A model call as the body of a Chat Completions request. What is not written here is never sent. */
import { GatewayError } from "../../../errors.ts";
import type {
  AssistantTurn,
  ImagePart,
  ModelCall,
  Part,
  ResponseFormat,
  ThinkingLevel,
  ToolChoice,
  ToolDefinition,
  Turn,
} from "../../types.ts";
import type { Compat } from "./compat.ts";

type Json = Readonly<Record<string, unknown>>;

/** Writes the body as JSON. Throws for what the server cannot do. */
export type WriteBody = (model: string, call: ModelCall) => string;

/** A tool of the agent's own is the same object in every call: its JSON is made once. */
export function bodyWriter(compat: Compat): WriteBody {
  const written = new WeakMap<ToolDefinition, string>();
  const toolText = (tool: ToolDefinition): string => {
    const text = written.get(tool) ?? JSON.stringify(toolField(tool, compat));
    written.set(tool, text);
    return text;
  };
  return (model, call) => {
    const body = JSON.stringify(bodyWithoutTools(model, call, compat));
    if (call.tools.length === 0) return body;
    return `${body.slice(0, -1)},"tools":[${call.tools.map(toolText).join(",")}]}`;
  };
}

/** Fields that are undefined vanish when the body is written as JSON. */
function bodyWithoutTools(model: string, call: ModelCall, compat: Compat): Json {
  const { sampling } = call;
  return {
    model,
    messages: messages(call, compat),
    stream: call.stream,
    stream_options: call.stream && compat.supportsUsageInStreaming ? { include_usage: true } : undefined,
    ...choiceFields(call, compat),
    response_format: call.responseFormat && responseFormat(call.responseFormat, compat),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    seed: sampling.seed,
    logit_bias: sampling.logitBias,
    [compat.maxTokensField]: call.maxOutputTokens,
    stop: call.stop.length > 0 ? call.stop : undefined,
    reasoning_effort: compat.supportsReasoningEffort ? reasoningEffort(call.thinking) : undefined,
  };
}

const reasoningEffort = (level: ThinkingLevel | undefined): string | undefined =>
  level === "off" ? "none" : level;

function messages(call: ModelCall, compat: Compat): readonly Json[] {
  const list: Json[] = [];
  if (call.system !== "") {
    list.push({ role: compat.supportsDeveloperRole ? "developer" : "system", content: call.system });
  }
  // A tool message holds text only, and nothing may stand between the results of one turn: images follow them.
  let images: ImagePart[] = [];
  const showImages = (): void => {
    if (images.length > 0) list.push({ role: "user", content: images.map(contentPart) });
    images = [];
  };
  for (const turn of call.turns) {
    if (turn.role !== "tool") showImages();
    list.push(message(turn));
    if (turn.role === "tool") images.push(...turn.content.filter((part) => part.type === "image"));
  }
  showImages();
  return list;
}

function message(turn: Turn): Json {
  switch (turn.role) {
    case "user":
      return { role: "user", content: content(turn.content), name: turn.name };
    case "assistant":
      return assistantMessage(turn);
    case "tool":
      return { role: "tool", tool_call_id: turn.callId, content: textOf(turn.content) };
  }
}

function assistantMessage(turn: AssistantTurn): Json {
  const said = turn.text !== "" || (turn.calls.length === 0 && turn.refusal === undefined);
  return {
    role: "assistant",
    content: said ? turn.text : null,
    refusal: turn.refusal,
    tool_calls: turn.calls.length === 0 ? undefined : turn.calls.map(toolCall),
  };
}

const toolCall = (call: AssistantTurn["calls"][number]): Json => ({
  id: call.id,
  type: "function",
  // Models write nothing for a tool without parameters; servers that parse this want JSON.
  function: { name: call.name, arguments: call.arguments === "" ? "{}" : call.arguments },
});

/** Plain text where it is enough: not every server takes parts. */
const content = (parts: readonly Part[]): string | readonly Json[] =>
  parts.every((part) => part.type === "text") ? textOf(parts) : parts.map(contentPart);

const textOf = (parts: readonly Part[]): string =>
  parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n");

const contentPart = (part: Part): Json =>
  part.type === "text"
    ? { type: "text", text: part.text }
    : {
        type: "image_url",
        image_url: { url: `data:${part.mediaType};base64,${part.data}`, detail: part.detail },
      };

function choiceFields(call: ModelCall, compat: Compat): Json {
  if (call.tools.length === 0) return {};
  return {
    tool_choice: toolChoice(call.toolChoice),
    // `true` is the default, and some models refuse the field itself.
    parallel_tool_calls: call.parallelToolCalls || !compat.supportsParallelToolCalls ? undefined : false,
  };
}

const toolField = (tool: ToolDefinition, compat: Compat): Json => ({
  type: "function",
  function: {
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters ?? { type: "object", properties: {} },
    strict: compat.supportsStrictMode ? tool.strict : undefined,
  },
});

const toolChoice = (choice: ToolChoice): string | Json =>
  typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };

function responseFormat(format: ResponseFormat, compat: Compat): Json {
  if (!compat.supportsResponseFormat) {
    throw new GatewayError(
      "unsupported_value",
      `This model's provider cannot be held to a response format; leave it out, or ask another model.`,
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
