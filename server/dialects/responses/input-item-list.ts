/** Input items as a stored response lists them: each has an id, and short forms are written out. */
import type { MessagePart } from "../../../contracts/http/responses/content.ts";
import type { KnownItem, ListedItem } from "../../../contracts/http/responses/items.ts";
import { createItemId } from "./item-id.ts";
import { isKnownItem } from "./input-items.ts";
import type { ResolvedItem } from "./item-references.ts";

type Message = Extract<KnownItem, { role: unknown }>;
type Status = Extract<ListedItem, { type: "message" }>["status"];

const idPrefixes: Readonly<Record<NonNullable<KnownItem["type"]>, string>> = {
  message: "msg",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
  tool_search_call: "tsc",
  reasoning: "rs",
  compaction: "cmp",
};

/** Keeps the ids that the caller has sent. */
export function createInputItemList(
  items: readonly ResolvedItem[],
  responseId: string,
): readonly ListedItem[] {
  const usedIds = new Set<string>();
  return items.map((item, index) => {
    // Pages are addressed by item id, so ids must be unique.
    const clientId = item.id && !usedIds.has(item.id) ? item.id : undefined;
    if (clientId !== undefined) usedIds.add(clientId);
    return listItem(item, (kind) => clientId ?? createItemId(kind, responseId, `in${index}`));
  });
}

/** Gives every item an id of the gateway's own: what the caller has sent may be in the conversation already. */
export const createConversationItemList = (
  items: readonly ResolvedItem[],
  responseId: string,
): readonly ListedItem[] =>
  items.map((item, index) => listItem(item, (kind) => createItemId(kind, responseId, `in${index}`)));

function listItem(item: ResolvedItem, createId: (kind: string) => string): ListedItem {
  return isKnownItem(item)
    ? toListedItem(item, createId(idPrefixes[item.type ?? "message"]))
    : { ...item, id: createId("item") };
}

function toListedItem(item: KnownItem, id: string): ListedItem {
  const common = { id, status: toStatus(item.status) };
  switch (item.type) {
    case "reasoning":
      return { ...item, ...common, summary: item.summary ?? [] };
    case "function_call":
    case "custom_tool_call": {
      const { namespace, ...call } = item;
      return { ...call, ...common, ...(namespace ? { namespace } : {}) };
    }
    case "function_call_output":
    case "custom_tool_call_output":
    case "tool_search_call":
    case "compaction":
      return { ...item, ...common };
    case "message":
    case null:
    case undefined:
      return { ...item, ...common, type: "message", content: toMessageParts(item) };
  }
}

function toMessageParts({ role, content }: Message): MessagePart[] {
  if (typeof content !== "string") return content;
  return role === "assistant"
    ? [{ type: "output_text", text: content, annotations: [], logprobs: [] }]
    : [{ type: "input_text", text: content }];
}

function toStatus(status: string | null | undefined): Status {
  return status === "in_progress" || status === "incomplete" ? status : "completed";
}
