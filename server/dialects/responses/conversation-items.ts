/** The items of a conversation: as they were recorded, or made of turns that came by another API. */
import type { MessagePart } from "../../../contracts/http/responses/content.ts";
import { InputItem, type ListedItem } from "../../../contracts/http/responses/items.ts";
import type { SettingItem } from "../../../contracts/http/responses/setting-items.ts";
import type { ConversationReader, ItemSource } from "../../agent/sessions/conversations.ts";
import type { Entry } from "../../agent/sessions/store.ts";
import type { StoredTurn } from "../../agent/sessions/transcript.ts";
import type { AssistantTurn, Part, Turn } from "../../agent/types.ts";
import { createItemId } from "./item-id.ts";
import { isSettingItem } from "./settings.ts";

/** Returns the items of a source that were not deleted, from the oldest to the newest. */
export function listItems({ runId, items, turns, deletedIds }: ItemSource): readonly ListedItem[] {
  const all = (items as readonly ListedItem[] | undefined) ?? createItems(runId, turns);
  return all.filter(({ id }) => !deletedIds.has(id));
}

/** Returns the items that change settings, from the oldest to the newest. */
export async function loadSettings(
  conversations: Pick<ConversationReader, "itemSources">,
  sessionId: string,
): Promise<readonly SettingItem[]> {
  const settings: SettingItem[] = [];
  for await (const source of conversations.itemSources(sessionId, "asc", "settings"))
    settings.push(...listItems(source).filter(isSettingItem).map(parseSettingItem));
  return settings;
}

/** Items were valid when they were stored. */
const parseSettingItem = (item: ListedItem): SettingItem => InputItem.parse(item) as SettingItem;

/** Returns the entries that record the items of a run. */
export function createItemEntries(runId: string, items: readonly ListedItem[]): readonly Entry[] {
  const marker: readonly Entry[] = items.some(isSettingItem) ? [{ kind: "settings", runId }] : [];
  return [...marker, { kind: "items", runId, items }];
}

/** The ids follow from the run and the position of the turn, so that they never change. */
function createItems(runId: string, turns: readonly StoredTurn[]): readonly ListedItem[] {
  const ownCallIds = new Set(
    turns.flatMap(({ turn }) => (turn.role === "tool" && turn.own === true ? [turn.callId] : [])),
  );
  return turns.flatMap(({ seq, turn }) => {
    let count = 0;
    const createId = (kind: string): string => createItemId(kind, runId, `s${seq}p${count++}`);
    return toItems(turn, createId, ownCallIds);
  });
}

type CreateId = (kind: string) => string;

function toItems(turn: Turn, createId: CreateId, ownCallIds: ReadonlySet<string>): readonly ListedItem[] {
  const status = "completed";
  switch (turn.role) {
    case "assistant":
      return groupParts(turn).flatMap((group) => toAssistantItems(group, turn, createId, ownCallIds));
    case "tool": {
      if (turn.own === true) return [];
      const output = turn.content.map(toInputPart);
      return [{ type: "function_call_output", id: createId("fco"), status, call_id: turn.callId, output }];
    }
    case "user":
    case "system": {
      const { role } = turn;
      const content = turn.content.map(toInputPart);
      return [{ type: "message", id: createId("msg"), status, role, content }];
    }
  }
}

const toInputPart = (part: Part) =>
  part.type === "text"
    ? ({ type: "input_text", text: part.text } as const)
    : ({
        type: "input_image",
        image_url: `data:${part.mediaType};base64,${part.data}`,
        detail: part.detail ?? "auto",
      } as const);

type AssistantPart = AssistantTurn["content"][number];
type PartGroup = readonly AssistantPart[];

const getKind = ({ type }: AssistantPart): string => (type === "refusal" ? "text" : type);

/** Consecutive texts are one item, and so is consecutive thinking. Every call is one. */
export function groupParts({ content }: AssistantTurn): readonly PartGroup[] {
  const groups: AssistantPart[][] = [];
  for (const part of content) {
    const [previous] = groups.at(-1) ?? [];
    const isSameItem =
      previous !== undefined && part.type !== "tool_call" && getKind(previous) === getKind(part);
    if (isSameItem) groups.at(-1)?.push(part);
    else groups.push([part]);
  }
  return groups;
}

function toAssistantItems(
  group: PartGroup,
  { cut }: AssistantTurn,
  createId: CreateId,
  ownCallIds: ReadonlySet<string>,
): readonly ListedItem[] {
  const status = cut === undefined ? "completed" : "incomplete";
  const [first] = group;
  if (first?.type === "tool_call") {
    const { id, name, arguments: text } = first;
    if (ownCallIds.has(id)) return [];
    return [{ type: "function_call", id: createId("fc"), status, call_id: id, name, arguments: text }];
  }
  if (first?.type === "thinking") {
    const text = group.map((part) => (part.type === "thinking" ? part.text : "")).join("");
    return [{ type: "reasoning", id: createId("rs"), status, summary: [{ type: "summary_text", text }] }];
  }
  const content = group.flatMap((part): MessagePart[] => {
    if (part.type === "refusal") return [{ type: "refusal", refusal: part.text }];
    if (part.type !== "text") return [];
    return [{ type: "output_text", text: part.text, annotations: [], logprobs: [] }];
  });
  return [{ type: "message", id: createId("msg"), status, role: "assistant", content }];
}
