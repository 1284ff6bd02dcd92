/** Converts the conversation to a prompt of the AI SDK. */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { ImagePart, ModelCall, TextPart, ToolTurn, UserTurn } from "../../types.ts";
import { toAssistantParts, toCacheOptions, toSafeCallId, type PromptTarget } from "./assistant-parts.ts";
import { getCalls, textOfParts, textOfResult } from "../../parts.ts";

type UserContent = Extract<LanguageModelV4Message, { role: "user" }>["content"];
type ToolContent = Extract<LanguageModelV4Message, { role: "tool" }>["content"];
type ToolOutput = Extract<ToolContent[number], { type: "tool-result" }>["output"];

/** The results of one turn are one message, and no message is empty: APIs reject anything else. */
export function toPrompt(
  { system, turns, promptCache }: ModelCall,
  target: PromptTarget,
): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = system === "" ? [] : splitSystem(system, promptCache);
  if (turns[0]?.role === "assistant") prompt.push({ role: "user", content: toUserContent([]) });
  const toolNames = new Map<string, string>();
  for (const turn of turns) {
    const last = prompt.at(-1);
    if (turn.role === "user") {
      prompt.push({ role: "user", content: toUserContent(turn.content) });
    } else if (turn.role === "system") {
      addInstructions(prompt, textOfParts(turn.content));
    } else if (turn.role === "assistant") {
      for (const { id, name } of getCalls(turn)) toolNames.set(id, name);
      const content = toAssistantParts(turn, target);
      if (content.length > 0) prompt.push({ role: "assistant", content });
    } else {
      const name = toolNames.get(turn.callId) ?? "";
      const result = toToolResult(turn, name, target.textTools.has(name));
      if (last?.role === "tool") last.content.push(result);
      else prompt.push({ role: "tool", content: [result] });
    }
  }
  return prompt;
}

/**
 * These APIs take instructions at the start only. Later ones join the message before them: moved to the start they would
 * change every cached prefix, and as messages of their own they would separate calls from their results.
 */
function addInstructions(prompt: LanguageModelV4Prompt, text: string): void {
  const last = prompt.at(-1);
  if (last?.role === "user") last.content.push({ type: "text", text });
  else if (last?.role === "system") last.content += `\n\n${text}`;
  else if (last?.role === "tool") appendToResult(last.content.at(-1), text);
  else prompt.push({ role: "user", content: [{ type: "text", text }] });
}

function appendToResult(part: ToolContent[number] | undefined, text: string): void {
  if (part?.type !== "tool-result") return;
  if (part.output.type === "content") part.output.value.push({ type: "text", text });
  else if (part.output.type === "text" || part.output.type === "error-text")
    part.output.value += `\n\n${text}`;
}

/** The system prompt ends a message at each breakpoint. */
function splitSystem(system: string, promptCache: ModelCall["promptCache"]): LanguageModelV4Prompt {
  const messages: LanguageModelV4Prompt = [];
  let start = 0;
  for (const { charactersAfter, cacheControl } of promptCache?.breakpoints?.system ?? []) {
    const end = system.length - charactersAfter;
    const content = system.slice(start, end);
    if (content.trim() === "") continue;
    messages.push({ role: "system", content, providerOptions: toCacheOptions(cacheControl) ?? {} });
    start = end;
  }
  const rest = system.slice(start);
  if (rest.trim() !== "") messages.push({ role: "system", content: rest });
  return messages;
}

function toUserContent(parts: UserTurn["content"]): UserContent {
  const content = parts.filter((part) => part.type !== "text" || part.text.trim() !== "");
  if (content.length === 0) return [{ type: "text", text: "(no text)" }];
  return content.map((part) => (part.type === "text" ? toTextPart(part) : toFilePart(part)));
}

const toTextPart = ({ text, cacheControl }: TextPart) => {
  const providerOptions = toCacheOptions(cacheControl);
  return { type: "text", text, ...(providerOptions && { providerOptions }) } as const;
};

/** The package writes a failed result of a text as JSON. */
const toToolResult = (turn: ToolTurn, toolName: string, isText: boolean): ToolContent[number] => ({
  type: "tool-result",
  toolCallId: toSafeCallId(turn.callId),
  toolName,
  ...toResultOptions(turn),
  output: isText && turn.isError === true ? { type: "text", value: textOfResult(turn) } : toToolOutput(turn),
});

function toResultOptions({ content }: ToolTurn): Pick<ToolContent[number], "providerOptions"> {
  const providerOptions = toCacheOptions(content.findLast(({ cacheControl }) => cacheControl)?.cacheControl);
  return providerOptions === undefined ? {} : { providerOptions };
}

function toToolOutput({ content: parts, isError }: ToolTurn): ToolOutput {
  if (parts.some((part) => part.type === "image")) {
    const value = parts.filter((part) => part.type !== "text" || part.text !== "");
    return {
      type: "content",
      value: value.map((part) =>
        part.type === "text" ? { type: "text", text: part.text } : toFilePart(part),
      ),
    };
  }
  return { type: isError === true ? "error-text" : "text", value: textOfParts(parts) };
}

const toFilePart = ({ mediaType, data, detail, cacheControl }: ImagePart) =>
  ({
    type: "file",
    mediaType,
    data: { type: "data", data },
    ...(detail === undefined && cacheControl === undefined
      ? {}
      : {
          providerOptions: {
            ...toCacheOptions(cacheControl),
            ...(detail === undefined ? {} : { openai: { imageDetail: detail } }),
          },
        }),
  }) as const;
