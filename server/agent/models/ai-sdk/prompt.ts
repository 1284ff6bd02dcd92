/** Converts the conversation to a prompt of the AI SDK. */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { ImagePart, ModelCall, Part, ToolTurn, UserTurn } from "../../types.ts";
import { toAssistantParts, toSafeCallId } from "./assistant-parts.ts";
import { textOfParts } from "../../parts.ts";

type UserContent = Extract<LanguageModelV4Message, { role: "user" }>["content"];
type ToolContent = Extract<LanguageModelV4Message, { role: "tool" }>["content"];
type ToolOutput = Extract<ToolContent[number], { type: "tool-result" }>["output"];

/**
 * `model` is the key of the model that the prompt is for. The results of one turn are one message, and no message is empty:
 * APIs reject anything else.
 */
export function toPrompt({ system, turns }: ModelCall, model: string): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = system === "" ? [] : [{ role: "system", content: system }];
  if (turns[0]?.role === "assistant") prompt.push({ role: "user", content: toUserContent([]) });
  const toolNames = new Map<string, string>();
  for (const turn of turns) {
    const last = prompt.at(-1);
    if (turn.role === "user") {
      prompt.push({ role: "user", content: toUserContent(turn.content) });
    } else if (turn.role === "assistant") {
      for (const { id, name } of turn.calls) toolNames.set(id, name);
      const content = toAssistantParts(turn, model);
      if (content.length > 0) prompt.push({ role: "assistant", content });
    } else {
      const result = toToolResult(turn, toolNames.get(turn.callId) ?? "");
      if (last?.role === "tool") last.content.push(result);
      else prompt.push({ role: "tool", content: [result] });
    }
  }
  return prompt;
}

function toUserContent(parts: UserTurn["content"]): UserContent {
  const content = parts.filter((part) => part.type !== "text" || part.text.trim() !== "");
  if (content.length === 0) return [{ type: "text", text: "(no text)" }];
  return content.map((part) => (part.type === "text" ? { type: "text", text: part.text } : toFilePart(part)));
}

const toToolResult = ({ callId, content }: ToolTurn, toolName: string): ToolContent[number] => ({
  type: "tool-result",
  toolCallId: toSafeCallId(callId),
  toolName,
  output: toToolOutput(content),
});

function toToolOutput(parts: readonly Part[]): ToolOutput {
  if (parts.some((part) => part.type === "image")) {
    const value = parts.filter((part) => part.type !== "text" || part.text !== "");
    return {
      type: "content",
      value: value.map((part) =>
        part.type === "text" ? { type: "text", text: part.text } : toFilePart(part),
      ),
    };
  }
  return { type: "text", value: textOfParts(parts) };
}

const toFilePart = ({ mediaType, data, detail }: ImagePart) =>
  ({
    type: "file",
    mediaType,
    data: { type: "data", data },
    ...(detail === undefined ? {} : { providerOptions: { openai: { imageDetail: detail } } }),
  }) as const;
