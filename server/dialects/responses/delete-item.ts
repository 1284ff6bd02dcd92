/** Finds what an item of a conversation stands for in its turns, and removes it there. */
import type { ListedItem } from "../../../contracts/http/responses/items.ts";
import type { Entry } from "../../agent/sessions/store.ts";
import type { StoredTurn } from "../../agent/sessions/transcript.ts";
import type { AssistantTurn } from "../../agent/types.ts";
import { groupParts } from "./conversation-items.ts";

type Deletion = Extract<Entry, { kind: "deletion" }>;

/** `items` are those of the same run, and `turns` what the model sees of it. */
export function createDeletion(
  item: ListedItem,
  items: readonly ListedItem[],
  turns: readonly StoredTurn[],
): Deletion {
  return { kind: "deletion", runId: null, itemId: item.id, change: findChange(item, items, turns) };
}

/** Undefined when the model sees nothing of the item. */
function findChange(
  item: ListedItem,
  items: readonly ListedItem[],
  turns: readonly StoredTurn[],
): Deletion["change"] {
  if (("output" in item || item.type === "tool_search_output") && "call_id" in item)
    return findTurn(turns, ({ turn }) => turn.role === "tool" && turn.callId === item.call_id);
  if ("call_id" in item) {
    const calls = listGroups(turns, "tool_call");
    return removeGroup(
      calls.find(({ group: [call] }) => call?.type === "tool_call" && call.id === item.call_id),
    );
  }
  const role = getRole(item);
  const position = items.filter((each) => getRole(each) === role).indexOf(item);
  switch (role) {
    case "user":
    case "system":
      return findTurn(
        turns.filter(({ turn }) => turn.role === role),
        (_, index) => index === position,
      );
    case "assistant":
      return removeGroup(listGroups(turns, "text")[position]);
    case "reasoning":
      return removeGroup(listGroups(turns, "thinking")[position]);
    default:
      return undefined;
  }
}

/** `developer` messages are turns of `system` too. */
function getRole(item: ListedItem): "user" | "system" | "assistant" | "reasoning" | undefined {
  if (item.type === "reasoning") return "reasoning";
  if (item.type !== "message" || !("role" in item)) return undefined;
  return item.role === "user" || item.role === "assistant" ? item.role : "system";
}

function findTurn(
  turns: readonly StoredTurn[],
  matches: (stored: StoredTurn, index: number) => boolean,
): Deletion["change"] {
  const found = turns.find(matches);
  return found && { seq: found.seq };
}

interface LocatedGroup {
  readonly seq: number;
  readonly turn: AssistantTurn;
  readonly group: AssistantTurn["content"];
}

function listGroups(turns: readonly StoredTurn[], type: "text" | "thinking" | "tool_call"): LocatedGroup[] {
  return turns.flatMap(({ seq, turn }) => {
    if (turn.role !== "assistant") return [];
    const groups = groupParts(turn).filter(([first]) =>
      type === "text" ? first?.type === "text" || first?.type === "refusal" : first?.type === type,
    );
    return groups.map((group) => ({ seq, turn, group }));
  });
}

/** A turn of which only thinking is left goes too. */
function removeGroup(found: LocatedGroup | undefined): Deletion["change"] {
  if (found === undefined) return undefined;
  const { seq, turn, group } = found;
  const content = turn.content.filter((part) => !group.includes(part));
  const isEmpty = content.every(({ type }) => type === "thinking");
  return isEmpty ? { seq } : { seq, turn: { ...turn, content } };
}
