/** The input of a request: read as items, and then as the turns of a conversation. */
import type { InputItem } from "../../../contracts/http/responses/items.ts";
import type { ResponseRequest } from "../../../contracts/http/responses/request.ts";
import type { UnresolvedTurn } from "../../attachments/unresolved-turns.ts";
import { GatewayError } from "../../lib/errors.ts";
import { toAssistantTurn } from "../sealed-reasoning.ts";
import { parseItem, type Decrypt, type ParsedItem } from "./input-items.ts";
import type { ResolvedItem } from "./item-references.ts";

type Input = ResponseRequest["input"];
type AssistantItem = Extract<ParsedItem, { kind: "assistant" }>;

export interface Conversation {
  /** The texts of `system` and `developer` messages. */
  readonly instructionMessages: readonly string[];
  readonly turns: readonly UnresolvedTurn[];
  /** The field of the request that each turn comes from. */
  readonly turnParams: readonly string[];
}

/** Returns the items of `input`; a text is one message of the user. Throws a 400 when there are none. */
export function parseInput(input: Input, isOptional: boolean): readonly InputItem[] {
  if (input === null || input === undefined) {
    if (isOptional) return [];
    throw new GatewayError("missing_required_parameter", "input: is required", { param: "input" });
  }
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  if (input.length === 0)
    throw new GatewayError("invalid_value", "input: must not be empty", { param: "input" });
  return input;
}

export interface ParseOptions {
  readonly decrypt: Decrypt;
  /** Finds a call by its id in the conversation. */
  readonly isKnownCall: (id: string) => boolean;
  /** Whether the messages of `system` and `developer` are turns of the conversation. */
  readonly keepsInstructions: boolean;
}

/** Returns the names of items for errors. A text input has no index. */
export const nameItems = (input: Input, items: readonly ResolvedItem[]): readonly string[] =>
  items.map((_, index) => (typeof input === "string" ? "input" : `input[${index}]`));

/** Every reference is resolved, and `params` name the items. Throws a 400 for an item that the model cannot read. */
export function parseConversation(
  items: readonly ResolvedItem[],
  params: readonly string[],
  { decrypt, isKnownCall, keepsInstructions }: ParseOptions,
): Conversation {
  const parsedItems = items.map((item, index) =>
    parseItem(item, params[index] ?? "input", decrypt, isKnownCall),
  );
  return groupIntoTurns(keepsInstructions ? parsedItems.map(toSystemTurn) : parsedItems, params);
}

function toSystemTurn(item: ParsedItem | undefined): ParsedItem | undefined {
  if (item?.kind !== "instructions") return item;
  return { kind: "turn", turn: { role: "system", content: [{ type: "text", text: item.text }] } };
}

/** Consecutive items of the assistant make one turn. */
function groupIntoTurns(items: readonly (ParsedItem | undefined)[], params: readonly string[]): Conversation {
  const instructionMessages: string[] = [];
  const turns: UnresolvedTurn[] = [];
  const turnParams: string[] = [];
  /** The assistant's items since the last turn of another role. */
  let assistantItems: AssistantItem[] = [];
  let assistantParam = "";
  const endAssistantTurn = (): void => {
    // Reasoning alone makes no turn.
    if (!assistantItems.every(({ reasoning }) => reasoning !== undefined)) {
      turns.push(toAssistantTurn(assistantItems));
      turnParams.push(assistantParam);
    }
    assistantItems = [];
  };
  for (const [index, item] of items.entries()) {
    const param = params[index] ?? "input";
    if (item?.kind === "instructions") instructionMessages.push(item.text);
    if (item?.kind === "assistant") {
      if (assistantItems.length === 0) assistantParam = param;
      assistantItems.push(item);
    }
    if (item?.kind === "turn") {
      endAssistantTurn();
      turns.push(item.turn);
      turnParams.push(item.turn.role === "tool" ? `${param}.call_id` : param);
    }
  }
  endAssistantTurn();
  return { instructionMessages, turns, turnParams };
}
