/** Maps a chat request to the fields of a run. Rejects fields that the gateway cannot honour. */
import type { ChatMessage } from "../../../contracts/http/chat/messages.ts";
import type { ChatCompletionRequest } from "../../../contracts/http/chat/request.ts";
import type {
  AssistantPart,
  AssistantTurn,
  ImagePart,
  PartState,
  ResponseFormat,
  Run,
  ToolCall,
} from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import { rejectBlockingModeration, toPromptCache } from "../prompt-cache.ts";
import type { UnresolvedTurn } from "../../attachments/unresolved-turns.ts";
import { wrapCustomInput } from "../../agent/custom-tools.ts";
import { parseTools, type RequestTools } from "./tools.ts";
import { findSealedTurn, restoreTurn } from "./sealed-turn.ts";
import { textOfParts, toAssistantContent } from "../../agent/parts.ts";

type ChatRunFields = Pick<
  Run,
  | "instructions"
  | "turnsParam"
  | "turnParams"
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

interface ChatOptions {
  /** Whether `reasoning_content` of earlier messages is dropped: the gateway has put its tools there. */
  readonly dropsThinking: boolean;
  /** Decrypts what this gateway sealed for the credential of the request. */
  readonly unseal: (data: string) => string | undefined;
}

export function parseChatRequest(
  body: ChatCompletionRequest,
  options: ChatOptions,
): ChatRunFields & { readonly turns: readonly UnresolvedTurn[]; readonly tools: RequestTools } {
  rejectUnsupportedFields(body);
  const tools = parseTools(body);
  const { instructions, turns, turnParams } = parseMessages(body.messages, options);
  const effort = body.reasoning_effort ?? undefined;
  return {
    tools,
    instructions,
    turns,
    turnsParam: "messages",
    turnParams,
    toolChoice: tools.choice,
    parallelToolCalls: body.parallel_tool_calls ?? true,
    responseFormat: toResponseFormat(body.response_format),
    sampling: {
      temperature: body.temperature ?? undefined,
      topP: body.top_p ?? undefined,
      frequencyPenalty: body.frequency_penalty ?? undefined,
      presencePenalty: body.presence_penalty ?? undefined,
      seed: body.seed ?? undefined,
      logitBias: body.logit_bias ?? undefined,
    },
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    stop: [body.stop ?? []].flat().filter((text) => text !== ""),
    thinking: effort === "none" ? "off" : effort,
    promptCache: toPromptCache(body),
    stream: body.stream ?? false,
  };
}

/** Throws for fields that would change the shape of the reply. Ignoring them would mislead the caller. */
function rejectUnsupportedFields(body: ChatCompletionRequest): void {
  if ((body.n ?? 1) > 1)
    throw createUnsupportedError("n", `expected 1, got ${body.n}; this gateway makes one reply per request`);
  if (body.logprobs === true) throw createUnsupportedError("logprobs", "log probabilities are not supported");
  if ((body.top_logprobs ?? 0) > 0)
    throw createUnsupportedError("top_logprobs", "log probabilities are not supported");
  if (body.modalities?.includes("audio"))
    throw createUnsupportedError("modalities", "audio output is not supported; leave out audio");
  rejectBlockingModeration(body.moderation);
  if (body.audio) throw createUnsupportedError("audio", "audio output is not supported");
  if (body.functions?.length) throw createUnsupportedError("functions", "is deprecated; send tools instead");
  if (typeof body.function_call === "object" && body.function_call !== null) {
    throw createUnsupportedError("function_call", "is deprecated; send tool_choice instead");
  }
}

function toResponseFormat(format: ChatCompletionRequest["response_format"]): ResponseFormat | undefined {
  if (format?.type === "json_object") return { type: "json_object" };
  if (format?.type !== "json_schema") return undefined;
  const { name, schema, description, strict } = format.json_schema;
  return {
    type: "json_schema",
    name: name ?? "response",
    schema: schema ?? {},
    description: description ?? undefined,
    strict: strict ?? undefined,
  };
}

function parseMessages(
  messages: readonly ChatMessage[],
  options: ChatOptions,
): {
  readonly instructions: string;
  readonly turns: readonly UnresolvedTurn[];
  readonly turnParams: readonly string[];
} {
  const instructions: string[] = [];
  const turns: UnresolvedTurn[] = [];
  const turnParams: string[] = [];
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`;
    if (message.role === "system" || message.role === "developer") {
      instructions.push(joinText(message.content));
      continue;
    }
    turns.push(toTurn(message, param, options));
    turnParams.push(message.role === "tool" ? `${param}.tool_call_id` : param);
  }
  return { instructions: instructions.join("\n\n"), turns, turnParams };
}

function toTurn(
  message: Exclude<ChatMessage, { role: "system" | "developer" }>,
  param: string,
  options: ChatOptions,
): UnresolvedTurn {
  switch (message.role) {
    case "user":
      return {
        role: "user",
        content: toUserContent(message.content, param),
        name: message.name ?? undefined,
      };
    case "tool":
      return {
        role: "tool",
        callId: message.tool_call_id,
        content: [{ type: "text", text: joinText(message.content ?? "") }],
      };
    case "assistant":
      return toAssistantTurn(message, param, options);
    case "function":
      throw createUnsupportedError(`${param}.role`, 'is deprecated; send role "tool" with a tool_call_id');
  }
}

type UserContent = Extract<ChatMessage, { role: "user" }>["content"];
type UserPart = Exclude<UserContent, string>[number];
type UnresolvedContent = Extract<UnresolvedTurn, { role: "user" }>["content"];

function toUserContent(content: UserContent, param: string): UnresolvedContent {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part, index) => toUserPart(part, `${param}.content[${index}]`));
}

function toUserPart(part: UserPart, param: string): UnresolvedContent[number] {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image_url": {
      const { image_url: image } = part;
      const { url, detail } = typeof image === "string" ? { url: image, detail: undefined } : image;
      return { type: "attachment", kind: "image", source: url, detail: toImageDetail(detail), param };
    }
    case "file": {
      const { file_data: data, file_id: fileId, filename } = part.file;
      const source = data || (fileId ? { fileId } : undefined);
      if (source) return { type: "attachment", kind: "file", source, filename: filename ?? undefined, param };
      throw new GatewayError("invalid_value", `${param}: file.file_data or file.file_id is required`, {
        param,
      });
    }
    case "input_audio":
      throw createUnsupportedError(param, "audio is not supported; send text or images");
  }
}

function toImageDetail(detail: "auto" | "low" | "high" | "original" | null | undefined): ImagePart["detail"] {
  return detail === "original" ? "high" : (detail ?? undefined);
}

type AssistantMessage = Extract<ChatMessage, { role: "assistant" }>;

function toAssistantTurn(
  message: AssistantMessage,
  param: string,
  { dropsThinking, unseal }: ChatOptions,
): AssistantTurn {
  if (message.function_call)
    throw createUnsupportedError(`${param}.function_call`, "is deprecated; send tool_calls instead");
  if (message.audio)
    throw createUnsupportedError(`${param}.audio`, "audio replies are not supported; send the text");
  const parts =
    typeof message.content === "string"
      ? [{ type: "text" as const, text: message.content }]
      : (message.content ?? []);
  const refusals = parts.map((part) => (part.type === "refusal" ? part.refusal : "")).join("");
  const calls = (message.tool_calls ?? []).map((call): ToolCall =>
    call.type === "custom"
      ? {
          id: call.id,
          name: call.custom.name,
          arguments: wrapCustomInput(call.custom.input),
          ...toState(call),
        }
      : { id: call.id, name: call.function.name, arguments: call.function.arguments, ...toState(call) },
  );
  const text = textOfParts(parts, { separator: "" });
  const refusal = message.refusal ?? refusals;
  const content = toAssistantContent({ text, refusal, calls });
  if (calls.length === 0) return { role: "assistant", content };
  const sealed = findSealedTurn(message.reasoning_details ?? [], unseal);
  if (sealed !== undefined) return restoreTurn(sealed, { text, refusal, calls });
  const thinking = toThinking(dropsThinking ? { ...message, reasoning_content: null } : message);
  return { role: "assistant", content: [...thinking, ...content] };
}

/** The thinking that led to calls goes back with them; any other is of no use to a model. */
function toThinking({
  reasoning_content: text,
  reasoning_details: details,
}: AssistantMessage): readonly AssistantPart[] {
  if (details?.length) return [{ type: "thinking", text: text ?? "", state: { reasoning_details: details } }];
  return text ? [{ type: "thinking", text }] : [];
}

const toState = ({ extra_content }: { readonly extra_content?: PartState | null | undefined }) =>
  extra_content ? { state: { extra_content } } : {};

function joinText(content: string | readonly { readonly text: string }[]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}

function createUnsupportedError(param: string, reason: string): GatewayError {
  return new GatewayError("unsupported_value", `${param}: ${reason}`, { param });
}
