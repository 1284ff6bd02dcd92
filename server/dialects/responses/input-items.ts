/** Parses input items into parts of turns. */
import type { MessagePart } from "../../../contracts/http/responses/content.ts";
import type { KnownItem } from "../../../contracts/http/responses/items.ts";
import type { SettingItem } from "../../../contracts/http/responses/setting-items.ts";
import { toolSearchName } from "../../../contracts/http/responses/tools.ts";
import { createSummaryTurn } from "../../agent/compaction.ts";
import { toAssistantContent } from "../../agent/parts.ts";
import type { AssistantPart, TextPart } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Attachment } from "../../attachments/attachment.ts";
import type { UnresolvedTurn } from "../../attachments/unresolved-turns.ts";
import { wrapCustomInput } from "../../agent/custom-tools.ts";
import { toAttachment } from "./input-attachments.ts";
import type { EncryptionBinding } from "../encryption.ts";
import type { ResolvedItem } from "./item-references.ts";
import { listModelToolNames, toModelToolName } from "./parse-tools.ts";
import { parseReasoning, toThinking, type SealedReasoning } from "../sealed-reasoning.ts";

/** Returns undefined for anything that this gateway did not encrypt as this kind for the credential of the request. */
export type Decrypt = (encrypted: string, kind: EncryptionBinding["kind"]) => string | undefined;

/** Consecutive items of the assistant make one turn; any other item is a turn, or instructions. */
export type ParsedItem =
  | { readonly kind: "instructions"; readonly text: string }
  | { readonly kind: "turn"; readonly turn: Exclude<UnresolvedTurn, { role: "assistant" }> }
  | {
      readonly kind: "assistant";
      readonly parts: readonly AssistantPart[];
      /** The reasoning that the item holds. */
      readonly reasoning?: SealedReasoning;
    };

type Message = Extract<KnownItem, { role: unknown }>;
type ToolCallItem = Extract<KnownItem, { type: "function_call" | "custom_tool_call" }>;
type Reasoning = Extract<KnownItem, { type: "reasoning" }>;
type Content = readonly (TextPart | Attachment)[];

/** Items that the model never sees return undefined. `isKnownCall` finds a call by its id in the conversation. */
export function parseItem(
  item: ResolvedItem,
  param: string,
  decrypt: Decrypt,
  isKnownCall: (id: string) => boolean,
): ParsedItem | undefined {
  if (isToolSearchOutput(item))
    return item.call_id && isKnownCall(item.call_id) ? toSearchResult(item) : undefined;
  if (!isKnownItem(item)) return undefined;
  switch (item.type) {
    case "function_call":
      return toCallItem(item, item.arguments);
    case "custom_tool_call":
      return toCallItem(item, wrapCustomInput(item.input));
    case "tool_search_call": {
      const { arguments: input } = item;
      const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
      const call = {
        id: item.call_id ?? "",
        name: toolSearchName,
        arguments: typeof input === "string" ? input : JSON.stringify(isObject ? input : {}),
      };
      return call.id === "" ? undefined : { kind: "assistant", parts: toAssistantContent({ calls: [call] }) };
    }
    case "function_call_output":
    case "custom_tool_call_output": {
      const content = parseContent(item.output, `${param}.output`);
      return { kind: "turn", turn: { role: "tool", callId: item.call_id, content } };
    }
    case "reasoning": {
      const reasoning = readReasoning(item, decrypt);
      return { kind: "assistant", parts: reasoning.parts, reasoning };
    }
    case "compaction": {
      const summary = decrypt(item.encrypted_content, "compaction");
      if (summary !== undefined) return { kind: "turn", turn: createSummaryTurn(summary) };
      const path = `${param}.encrypted_content`;
      throw new GatewayError(
        "invalid_value",
        `${path}: this gateway made no such compaction for this credential`,
        {
          param: path,
        },
      );
    }
    case "message":
    case null:
    case undefined:
      return parseMessage(item, `${param}.content`);
  }
}

function toCallItem(item: ToolCallItem, text: string): ParsedItem {
  const call = { id: item.call_id, name: toModelToolName(item), arguments: text };
  return { kind: "assistant", parts: toAssistantContent({ calls: [call] }) };
}

type ToolSearchOutput = Extract<SettingItem, { type: "tool_search_output" }>;

/** The schema excludes unknown items that have the type of a known one; TypeScript cannot express that. */
const isToolSearchOutput = (item: ResolvedItem): item is ToolSearchOutput =>
  item.type === "tool_search_output";

/** The tools themselves are offered beside the conversation. */
function toSearchResult({ call_id, tools }: ToolSearchOutput): ParsedItem {
  const names = tools.flatMap((tool) => listModelToolNames(tool));
  const text =
    names.length === 0 ? "No tools were found." : `Found, and can be called now: ${names.join(", ")}`;
  return { kind: "turn", turn: { role: "tool", callId: call_id ?? "", content: [{ type: "text", text }] } };
}

function readReasoning(
  { content, summary, encrypted_content }: Reasoning,
  decrypt: Decrypt,
): SealedReasoning {
  const decrypted = encrypted_content ? decrypt(encrypted_content, "reasoning") : undefined;
  if (decrypted !== undefined) return parseReasoning(decrypted);
  const visibleParts = content?.length ? content : (summary ?? []);
  // Anyone can write a visible text: it never holds a state.
  return { parts: toThinking(visibleParts.map(({ text }) => text).join("\n\n")) };
}

function parseMessage({ role, content, phase }: Message, param: string): ParsedItem {
  if (role === "user") return { kind: "turn", turn: { role, content: parseContent(content, param) } };
  const parts: readonly MessagePart[] =
    typeof content === "string" ? [{ type: "input_text", text: content }] : content;
  const texts = parts
    .entries()
    .filter(([, part]) => role !== "assistant" || part.type !== "refusal")
    .map(([index, part]) => parseText(part, `${param}[${index}]`, role))
    .toArray();
  if (role !== "assistant") return { kind: "instructions", text: texts.join("\n") };
  const refusals = parts.flatMap((part) => (part.type === "refusal" ? [part.refusal] : []));
  const assistantParts = toAssistantContent({ text: texts.join(""), refusal: refusals.join("") });
  return {
    kind: "assistant",
    parts: assistantParts.map((part) => (part.type === "text" && phase ? { ...part, phase } : part)),
  };
}

/** Parses the content of a user message or a tool output. */
function parseContent(content: string | readonly MessagePart[], param: string): Content {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part, index) => {
    const path = `${param}[${index}]`;
    return part.type === "input_image" || part.type === "input_file"
      ? toAttachment(part, path)
      : { type: "text", text: parseText(part, path, "user") };
  });
}

function parseText(part: MessagePart, param: string, role: Message["role"]): string {
  if (part.type === "input_text" || part.type === "output_text") return part.text;
  const reason =
    role === "user" ? "this is not understood; send text, images or files" : `${role} messages are text`;
  throw new GatewayError("unsupported_value", `${param}: ${part.type}: ${reason}`, { param });
}

const knownItemTypes: Readonly<Record<NonNullable<KnownItem["type"]>, true>> = {
  message: true,
  function_call: true,
  function_call_output: true,
  custom_tool_call: true,
  custom_tool_call_output: true,
  tool_search_call: true,
  reasoning: true,
  compaction: true,
};

/** The schema excludes unknown items that have the type of a known one; TypeScript cannot express that. */
export function isKnownItem(item: ResolvedItem): item is KnownItem {
  return Object.hasOwn(knownItemTypes, item.type ?? "message");
}
