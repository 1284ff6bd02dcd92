/** Reads the parts of turns: texts, for models, clients and pages that take text only, and tool calls. */
import type { AssistantPart, AssistantTurn, TextPart, ToolCall, ToolTurn, Turn } from "./types.ts";

export interface TextOfPartsOptions<Other> {
  /** Between two parts; a line break by default. */
  readonly separator?: string;
  /** Text in place of an image. By default images are left out, without a separator. */
  readonly image?: (part: Other) => string;
}

/** Joins the text parts of a turn, a message or a tool result. */
export function textOfParts<T extends { readonly type: string }>(
  parts: readonly T[],
  { separator = "\n", image }: TextOfPartsOptions<Exclude<T, TextPart>> = {},
): string {
  return parts
    .flatMap((part) => {
      if (isTextPart(part)) return [part.text];
      return image === undefined ? [] : [image(part as Exclude<T, TextPart>)];
    })
    .join(separator);
}

/** The text of a tool's result for an API that cannot mark a failed one. */
export function textOfResult({ content, isError }: ToolTurn): string {
  const text = textOfParts(content);
  return isError === true && !/^\W*error/i.test(text) ? `Error: ${text}` : text;
}

const isTextPart = (part: { readonly type: string }): part is TextPart => part.type === "text";

/** What the model wrote of one type, without separators between its parts. */
export function getText({ content }: AssistantTurn, type: "text" | "thinking" | "refusal" = "text"): string {
  return content.map((part) => (part.type === type ? part.text : "")).join("");
}

/** The tool calls of a turn; none unless a model wrote it. */
export function getCalls(turn: Turn): readonly ToolCall[] {
  return turn.role === "assistant" ? turn.content.filter((part) => part.type === "tool_call") : [];
}

interface UnorderedContent {
  readonly thinking?: string | undefined;
  readonly text?: string | undefined;
  readonly refusal?: string | undefined;
  readonly calls?: readonly ToolCall[] | undefined;
}

/** The parts of a turn whose order is not known, in the usual one. */
export function toAssistantContent({
  thinking = "",
  text = "",
  refusal = "",
  calls = [],
}: UnorderedContent): readonly AssistantPart[] {
  const texts: readonly AssistantPart[] = [
    { type: "thinking", text: thinking },
    { type: "text", text },
    { type: "refusal", text: refusal },
  ];
  return [
    ...texts.filter((part) => "text" in part && part.text !== ""),
    ...calls.map((call): AssistantPart => ({ type: "tool_call", ...call })),
  ];
}
