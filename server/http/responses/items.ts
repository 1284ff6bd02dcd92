/** Input items as the pieces that turns are made of. What the model is not shown is no piece. */
import type { MessagePart } from "../../../contracts/http/responses/content.ts";
import type { KnownItem } from "../../../contracts/http/responses/items.ts";
import { summaryTurn } from "../../agent/compaction.ts";
import type { TextPart, ToolCall } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { Attachment } from "../../attachments/attachment.ts";
import type { UnreadTurn } from "../../attachments/unread.ts";
import { customArguments } from "../chat/tools.ts";
import { attachmentOf } from "./attachments.ts";
import { nameForModel } from "./namespaces.ts";
import type { GivenItem } from "./references.ts";

/** The text that this gateway has sealed; undefined for anything else. */
export type Unseal = (sealed: string) => string | undefined;

/** One item's share of the conversation. Those of the assistant that follow each other make one turn. */
export type Piece =
  | { readonly kind: "instructions"; readonly text: string }
  | { readonly kind: "turn"; readonly turn: Exclude<UnreadTurn, { role: "assistant" }> }
  | {
      readonly kind: "assistant";
      readonly text?: string;
      readonly refusal?: string;
      readonly thinking?: string;
      readonly call?: ToolCall;
    };

type Message = Extract<KnownItem, { role: unknown }>;
type ToolResult = Extract<KnownItem, { output: unknown }>;
type Reasoning = Extract<KnownItem, { type: "reasoning" }>;
type Content = readonly (TextPart | Attachment)[];

export function readItem(item: GivenItem, param: string, unseal: Unseal): Piece | undefined {
  if (!isKnown(item)) return undefined;
  switch (item.type) {
    case "function_call":
      return {
        kind: "assistant",
        call: { id: item.call_id, name: nameForModel(item), arguments: item.arguments },
      };
    case "custom_tool_call":
      return {
        kind: "assistant",
        call: { id: item.call_id, name: nameForModel(item), arguments: customArguments(item.input) },
      };
    case "function_call_output":
    case "custom_tool_call_output": {
      const content = readContent(item.output, `${param}.output`);
      return { kind: "turn", turn: { role: "tool", callId: item.call_id, content } };
    }
    case "reasoning": {
      const thinking = readThinking(item, unseal);
      return thinking === "" ? undefined : { kind: "assistant", thinking };
    }
    case "compaction": {
      const summary = unseal(item.encrypted_content);
      if (summary !== undefined) return { kind: "turn", turn: summaryTurn(summary) };
      const at = `${param}.encrypted_content`;
      throw new GatewayError("invalid_value", `${at}: this was not made by this gateway`, { param: at });
    }
    case "message":
    case null:
    case undefined:
      return readMessage(item, `${param}.content`);
  }
}

function readThinking({ content, summary, encrypted_content }: Reasoning, unseal: Unseal): string {
  const sealed = encrypted_content ? unseal(encrypted_content) : undefined;
  const shown = content?.length ? content : (summary ?? []);
  return sealed ?? shown.map(({ text }) => text).join("\n\n");
}

function readMessage({ role, content }: Message, param: string): Piece {
  if (role === "user") return { kind: "turn", turn: { role, content: readContent(content, param) } };
  const parts: readonly MessagePart[] =
    typeof content === "string" ? [{ type: "input_text", text: content }] : content;
  const texts = parts
    .entries()
    .filter(([, part]) => role !== "assistant" || part.type !== "refusal")
    .map(([index, part]) => textOf(part, `${param}[${index}]`, role))
    .toArray();
  if (role !== "assistant") return { kind: "instructions", text: texts.join("\n") };
  const refusals = parts.flatMap((part) => (part.type === "refusal" ? [part.refusal] : []));
  const refusal = refusals.length === 0 ? {} : { refusal: refusals.join("") };
  return { kind: "assistant", text: texts.join(""), ...refusal };
}

/** What a user says, or a tool returned. */
function readContent(content: Message["content"] | ToolResult["output"], param: string): Content {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part, index) => {
    const at = `${param}[${index}]`;
    return part.type === "input_image" || part.type === "input_file"
      ? attachmentOf(part, at)
      : { type: "text", text: textOf(part, at, "user") };
  });
}

function textOf(part: MessagePart, param: string, role: Message["role"]): string {
  if (part.type === "input_text" || part.type === "output_text") return part.text;
  const rule =
    role === "user" ? "this is not understood; send text, images or files" : `${role} messages are text`;
  throw new GatewayError("unsupported_value", `${param}: ${part.type}: ${rule}`, { param });
}

const knownTypes: Readonly<Record<NonNullable<KnownItem["type"]>, true>> = {
  message: true,
  function_call: true,
  function_call_output: true,
  custom_tool_call: true,
  custom_tool_call_output: true,
  reasoning: true,
  compaction: true,
};

/** The schema lets no unknown type have a known one's name; only its type cannot say so. */
export function isKnown(item: GivenItem): item is KnownItem {
  return Object.hasOwn(knownTypes, item.type ?? "message");
}
