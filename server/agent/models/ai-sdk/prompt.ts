/** The conversation in the words of the AI SDK. */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { ImagePart, ModelCall, Part, ToolTurn, UserTurn } from "../../types.ts";
import { assistantParts } from "./kept-parts.ts";
import { wireId } from "./wire-id.ts";

type UserContent = Extract<LanguageModelV4Message, { role: "user" }>["content"];
type ToolContent = Extract<LanguageModelV4Message, { role: "tool" }>["content"];
type ToolOutput = Extract<ToolContent[number], { type: "tool-result" }>["output"];

/** `model` is the one that will read it. Results of one turn's calls are one message, and nothing is empty: APIs refuse both. */
export function promptOf({ system, turns }: ModelCall, model: string): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = system === "" ? [] : [{ role: "system", content: system }];
  if (turns[0]?.role === "assistant") prompt.push({ role: "user", content: userContent([]) });
  const toolNames = new Map<string, string>();
  for (const turn of turns) {
    const last = prompt.at(-1);
    if (turn.role === "user") {
      prompt.push({ role: "user", content: userContent(turn.content) });
    } else if (turn.role === "assistant") {
      for (const { id, name } of turn.calls) toolNames.set(id, name);
      const content = assistantParts(turn, model);
      if (content.length > 0) prompt.push({ role: "assistant", content });
    } else {
      const result = toolResult(turn, toolNames.get(turn.callId) ?? "");
      if (last?.role === "tool") last.content.push(result);
      else prompt.push({ role: "tool", content: [result] });
    }
  }
  return prompt;
}

function userContent(parts: UserTurn["content"]): UserContent {
  const content = parts.filter((part) => part.type !== "text" || part.text.trim() !== "");
  if (content.length === 0) return [{ type: "text", text: "(no text)" }];
  return content.map((part) => (part.type === "text" ? { type: "text", text: part.text } : file(part)));
}

const toolResult = ({ callId, content }: ToolTurn, toolName: string): ToolContent[number] => ({
  type: "tool-result",
  toolCallId: wireId(callId),
  toolName,
  output: toolOutput(content),
});

function toolOutput(parts: readonly Part[]): ToolOutput {
  if (parts.some((part) => part.type === "image")) {
    const value = parts.filter((part) => part.type !== "text" || part.text !== "");
    return {
      type: "content",
      value: value.map((part) => (part.type === "text" ? { type: "text", text: part.text } : file(part))),
    };
  }
  return { type: "text", value: parts.map((part) => (part.type === "text" ? part.text : "")).join("\n") };
}

const file = ({ mediaType, data, detail }: ImagePart) =>
  ({
    type: "file",
    mediaType,
    data: { type: "data", data },
    ...(detail === undefined ? {} : { providerOptions: { openai: { imageDetail: detail } } }),
  }) as const;
