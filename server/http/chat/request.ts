/** A chat request in the words of a run; what cannot be honoured is refused by name. */
import type { ChatMessage } from "../../../contracts/http/chat/messages.ts";
import type { ChatCompletionRequest } from "../../../contracts/http/chat/request.ts";
import type { AssistantTurn, ImagePart, ResponseFormat, Run, ToolCall } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { UnreadTurn } from "../../attachments/unread.ts";
import { customArguments, readTools, type OfferedTools } from "./tools.ts";

type AskedOfRun = Pick<
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
  | "stream"
>;

export function readChatRequest(
  body: ChatCompletionRequest,
): AskedOfRun & { readonly turns: readonly UnreadTurn[]; readonly tools: OfferedTools } {
  refuseWhatCannotBe(body);
  const tools = readTools(body);
  const { instructions, turns, turnParams } = readMessages(body.messages);
  const effort = body.reasoning_effort ?? undefined;
  return {
    tools,
    instructions,
    turns,
    turnsParam: "messages",
    turnParams,
    toolChoice: tools.choice,
    parallelToolCalls: body.parallel_tool_calls ?? true,
    responseFormat: responseFormat(body.response_format),
    sampling: {
      temperature: body.temperature ?? undefined,
      topP: body.top_p ?? undefined,
      frequencyPenalty: body.frequency_penalty ?? undefined,
      presencePenalty: body.presence_penalty ?? undefined,
      seed: body.seed ?? undefined,
      logitBias: body.logit_bias ?? undefined,
    },
    // Some clients send 0 and mean "no limit".
    maxOutputTokens: body.max_completion_tokens || body.max_tokens || undefined,
    stop: [body.stop ?? []].flat().filter((text) => text !== ""),
    thinking: effort === "none" ? "off" : effort,
    stream: body.stream ?? false,
  };
}

/** What would change the answer's shape is an error: to ignore it in silence would be worse. */
function refuseWhatCannotBe(body: ChatCompletionRequest): void {
  if ((body.n ?? 1) > 1)
    throw unsupported("n", `expected 1, got ${body.n}; this gateway makes one reply per request`);
  if (body.logprobs === true) throw unsupported("logprobs", "token probabilities are not available");
  if ((body.top_logprobs ?? 0) > 0)
    throw unsupported("top_logprobs", "token probabilities are not available");
  if (body.modalities?.includes("audio"))
    throw unsupported("modalities", "spoken output is not available; leave out audio");
  if (body.audio) throw unsupported("audio", "spoken output is not available");
  if (body.functions?.length) throw unsupported("functions", "the older form of tools; send tools instead");
  if (typeof body.function_call === "object" && body.function_call !== null) {
    throw unsupported("function_call", "the older form of tool_choice; send tool_choice instead");
  }
}

function responseFormat(asked: ChatCompletionRequest["response_format"]): ResponseFormat | undefined {
  if (asked?.type === "json_object") return { type: "json_object" };
  if (asked?.type !== "json_schema") return undefined;
  const { name, schema, description, strict } = asked.json_schema;
  return {
    type: "json_schema",
    name,
    schema: schema ?? {},
    description: description ?? undefined,
    strict: strict ?? undefined,
  };
}

function readMessages(messages: readonly ChatMessage[]): {
  readonly instructions: string;
  readonly turns: readonly UnreadTurn[];
  readonly turnParams: readonly string[];
} {
  const instructions: string[] = [];
  const turns: UnreadTurn[] = [];
  const turnParams: string[] = [];
  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`;
    if (message.role === "system" || message.role === "developer") {
      instructions.push(textOf(message.content));
      continue;
    }
    turns.push(readTurn(message, param));
    turnParams.push(message.role === "tool" ? `${param}.tool_call_id` : param);
  }
  return { instructions: instructions.join("\n\n"), turns, turnParams };
}

function readTurn(
  message: Exclude<ChatMessage, { role: "system" | "developer" }>,
  param: string,
): UnreadTurn {
  switch (message.role) {
    case "user":
      return {
        role: "user",
        content: readUserContent(message.content, param),
        name: message.name ?? undefined,
      };
    case "tool":
      return {
        role: "tool",
        callId: message.tool_call_id,
        content: [{ type: "text", text: textOf(message.content) }],
      };
    case "assistant":
      return readAssistant(message, param);
    case "function":
      throw unsupported(
        `${param}.role`,
        'the older form of a tool message; send role "tool" with a tool_call_id',
      );
  }
}

type UserContent = Extract<ChatMessage, { role: "user" }>["content"];
type UserPart = Exclude<UserContent, string>[number];
type UnreadContent = Extract<UnreadTurn, { role: "user" }>["content"];

function readUserContent(content: UserContent, param: string): UnreadContent {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part, index) => readUserPart(part, `${param}.content[${index}]`));
}

function readUserPart(part: UserPart, param: string): UnreadContent[number] {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image_url": {
      const { url, detail } = part.image_url;
      return { type: "attachment", kind: "image", source: url, detail: imageDetail(detail), param };
    }
    case "file": {
      const { file_data: source, file_id: id, filename } = part.file;
      if (source) return { type: "attachment", kind: "file", source, filename: filename ?? undefined, param };
      if (id) throw unsupported(param, "uploaded files are not kept here; send the file as file_data");
      throw new GatewayError("invalid_value", `${param}: file.file_data is required`, { param });
    }
    case "input_audio":
      throw unsupported(param, "sound is not understood; send text or images");
  }
}

function imageDetail(detail: "auto" | "low" | "high" | "original" | null | undefined): ImagePart["detail"] {
  return detail === "original" ? "high" : (detail ?? undefined);
}

function readAssistant(message: Extract<ChatMessage, { role: "assistant" }>, param: string): AssistantTurn {
  if (message.function_call)
    throw unsupported(`${param}.function_call`, "the older form of tool_calls; send tool_calls instead");
  if (message.audio) throw unsupported(`${param}.audio`, "spoken replies are not kept; send the text");
  const parts =
    typeof message.content === "string"
      ? [{ type: "text" as const, text: message.content }]
      : (message.content ?? []);
  const refusals = parts.map((part) => (part.type === "refusal" ? part.refusal : "")).join("");
  const calls = (message.tool_calls ?? []).map((call): ToolCall =>
    call.type === "custom"
      ? { id: call.id, name: call.custom.name, arguments: customArguments(call.custom.input) }
      : { id: call.id, name: call.function.name, arguments: call.function.arguments },
  );
  return {
    role: "assistant",
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    refusal: message.refusal ?? (refusals === "" ? undefined : refusals),
    calls,
  };
}

function textOf(content: string | readonly { readonly text: string }[]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}

function unsupported(param: string, reason: string): GatewayError {
  return new GatewayError("unsupported_value", `${param}: ${reason}`, { param });
}
