/** Reads the messages of a request as the turns of a conversation, in the order in which providers accept them. */
import {
  isKnownBlock,
  type KnownBlock,
  type MessagesBlock,
} from "../../../contracts/http/messages/content.ts";
import type { InputMessage, MessagesRequest } from "../../../contracts/http/messages/request.ts";
import { withCacheControl } from "./cache-control.ts";
import { createSummaryTurn } from "../../agent/compaction.ts";
import type { TextPart } from "../../agent/types.ts";
import type { UnresolvedTurn } from "../../attachments/unresolved-turns.ts";
import { readAssistantContent, type Unseal } from "./assistant-content.ts";
import {
  createUnsupportedError,
  rejectBlock,
  toParts,
  toTextParts,
  type SharedBlock,
  type UnresolvedPart,
} from "./content-blocks.ts";

export interface Conversation {
  readonly instructions: string;
  /** The texts of the instructions, which `separator` separates. */
  readonly instructionTexts: readonly string[];
  readonly turns: readonly UnresolvedTurn[];
  /** The field of the request that each turn comes from. */
  readonly turnParams: readonly string[];
  /** The effort that the last system message asks for. */
  readonly effort: NonNullable<NonNullable<MessagesRequest["output_config"]>["effort"]> | undefined;
  /** Names of the deferred tools that were found. */
  readonly loadedTools: ReadonlySet<string>;
}

type SystemMessage = Extract<InputMessage, { role: "system" }>;
type ToolResultBlock = Extract<KnownBlock, { type: "tool_result" }>;
type ToolResultPart = Exclude<NonNullable<ToolResultBlock["content"]>, string>[number];
type ToolReference = Extract<ToolResultPart, { tool_name: string }>;

/** A turn that is still open for the instructions after it. */
type GrowingTurn =
  | { readonly role: "user"; readonly content: UnresolvedPart[]; readonly summary?: true }
  | {
      readonly role: "tool";
      readonly callId: string;
      readonly content: UnresolvedPart[];
      readonly isError?: true;
    }
  | Extract<UnresolvedTurn, { role: "assistant" }>;

export const separator = "\n\n";

/** Claude Code's first block. It changes with every version and conversation, which would void every prefix cache. */
const billingPrefix = "x-anthropic-billing-header:";

export function readConversation(
  { system, messages }: Pick<MessagesRequest, "system" | "messages">,
  unseal: Unseal,
): Conversation {
  const instructions = [...readSystem(system)];
  const turns: GrowingTurn[] = [];
  const turnParams: string[] = [];
  const loadedTools = new Set<string>();
  let effort: Conversation["effort"];
  /** Instructions after an assistant's turn: they must not come between its calls and their results. */
  let waiting: TextPart[] = [];

  const addTurn = (turn: GrowingTurn, param: string): void => {
    turns.push(turn);
    turnParams.push(param);
  };
  const addSystem = (message: SystemMessage, param: string): void => {
    effort = message.output_config?.effort ?? effort;
    const text = readSystemMessage(message, param, loadedTools);
    if (text === "") return;
    const last = turns.at(-1);
    if (last === undefined) instructions.push(text);
    else if (last.role === "assistant") waiting.push({ type: "text", text });
    else last.content.push({ type: "text", text });
  };
  const addUser = (content: string | readonly MessagesBlock[], param: string): void => {
    const { results, parts } = readUserContent(content, `${param}.content`);
    for (const { block, param: resultParam } of results) {
      addTurn(toToolTurn(block, resultParam, loadedTools), `${resultParam}.tool_use_id`);
    }
    if (parts.length > 0 || results.length === 0) addTurn({ role: "user", content: [...parts] }, param);
    const last = turns.at(-1);
    if (last !== undefined && last.role !== "assistant") last.content.push(...waiting);
    waiting = [];
  };
  const addAssistant = (content: string | readonly MessagesBlock[], param: string): void => {
    const summary = typeof content === "string" ? undefined : content.findLast(isCompaction)?.content;
    if (summary) {
      // It stands for all messages before it.
      turns.length = 0;
      turnParams.length = 0;
      const { content: parts } = createSummaryTurn(summary);
      addTurn({ role: "user", content: parts.filter((part) => part.type === "text"), summary: true }, param);
    }
    const turn = readAssistantContent(content, unseal);
    if (turn.content.length > 0) addTurn(turn, param);
  };

  for (const [index, message] of messages.entries()) {
    const param = `messages[${index}]`;
    if (message.role === "system") addSystem(message, param);
    else if (message.role === "user") addUser(message.content, param);
    else addAssistant(message.content ?? "", param);
  }
  if (waiting.length > 0) addTurn({ role: "user", content: waiting }, `messages[${messages.length - 1}]`);
  if (turns.at(-1)?.role === "assistant") {
    throw createUnsupportedError(
      turnParams.at(-1) ?? "messages",
      "the last message must not be of the role assistant: models of this gateway do not continue a text",
    );
  }
  return {
    instructions: instructions.join(separator),
    instructionTexts: instructions,
    turns,
    turnParams,
    effort,
    loadedTools,
  };
}

function readSystem(system: MessagesRequest["system"]): readonly string[] {
  const texts = typeof system === "string" ? [system] : (system ?? []).map(({ text }) => text);
  return texts.filter((text) => text !== "" && !text.startsWith(billingPrefix));
}

/** Returns the text. Adds and removes the tools that the message names. */
function readSystemMessage({ content }: SystemMessage, param: string, loadedTools: Set<string>): string {
  if (typeof content === "string") return content;
  const texts = (content ?? []).map((block, index) => {
    if (isKnownBlock(block)) {
      if (block.type === "text") return block.text;
      if (block.type === "tool_addition" || block.type === "tool_removal") {
        const name = block.tool["name"] ?? block.tool["tool_name"];
        if (typeof name !== "string") return "";
        if (block.type === "tool_addition") loadedTools.add(name);
        else loadedTools.delete(name);
        return "";
      }
    }
    return rejectBlock(block, `${param}.content[${index}]`, "text");
  });
  return texts.filter((text) => text !== "").join("\n\n");
}

interface UserContent {
  readonly results: readonly { readonly block: ToolResultBlock; readonly param: string }[];
  readonly parts: readonly UnresolvedPart[];
}

/** Separates the results, which come first. */
function readUserContent(content: string | readonly MessagesBlock[], param: string): UserContent {
  if (typeof content === "string") return { results: [], parts: [{ type: "text", text: content }] };
  const results: UserContent["results"][number][] = [];
  const parts = content.flatMap((block, index): readonly UnresolvedPart[] => {
    const path = `${param}[${index}]`;
    if (!isKnownBlock(block)) return rejectBlock(block, path, "text, images, documents or tool results");
    switch (block.type) {
      case "text":
      case "image":
      case "document":
      case "search_result":
        return toParts(block, path);
      case "tool_result":
        results.push({ block, param: path });
        return [];
      default:
        return rejectBlock(block, path, "text, images, documents or tool results");
    }
  });
  return { results, parts };
}

function toToolTurn(
  { tool_use_id: callId, content, is_error: isError, cache_control }: ToolResultBlock,
  param: string,
  loadedTools: Set<string>,
): GrowingTurn {
  const parts =
    typeof content === "string"
      ? toTextParts(content)
      : (content ?? []).flatMap((part, index) => toResultParts(part, `${param}.content[${index}]`));
  const found =
    typeof content === "string" ? [] : (content ?? []).filter(isReference).map((part) => part.tool_name);
  for (const name of found) loadedTools.add(name);
  const loaded = found.length === 0 ? [] : toTextParts(`Loaded: ${found.join(", ")}`);
  const all = withCacheControl([...loaded, ...parts], { cache_control });
  return { role: "tool", callId, content: [...all], ...(isError === true ? { isError } : {}) };
}

function toResultParts(part: ToolResultPart, param: string): readonly UnresolvedPart[] {
  if (isReference(part)) return [];
  if (isKnownResultPart(part)) return toParts(part, param);
  return rejectBlock(part, param, "text, images or documents");
}

const isReference = (part: ToolResultPart): part is ToolReference => part.type === "tool_reference";

const isKnownResultPart = (part: ToolResultPart): part is SharedBlock =>
  ["text", "image", "document", "search_result"].includes(part.type);

const isCompaction = (block: MessagesBlock): block is Extract<KnownBlock, { type: "compaction" }> =>
  block.type === "compaction";
