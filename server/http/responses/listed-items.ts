/** Input items as a stored response lists them: each with an id, and written out where they were written shorter. */
import type { MessagePart } from "../../../contracts/http/responses/content.ts";
import type { KnownItem, ListedItem } from "../../../contracts/http/responses/items.ts";
import { itemId } from "./item-id.ts";
import { isKnown } from "./items.ts";
import type { GivenItem } from "./references.ts";

type Message = Extract<KnownItem, { role: unknown }>;
type Status = Extract<ListedItem, { type: "message" }>["status"];

const kinds: Readonly<Record<NonNullable<KnownItem["type"]>, string>> = {
  message: "msg",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
  reasoning: "rs",
  compaction: "cmp",
};

export function listedItems(items: readonly GivenItem[], responseId: string): readonly ListedItem[] {
  const taken = new Set<string>();
  return items.map((item, index) => {
    // A page begins after an item's id: no two have the same.
    const own = item.id && !taken.has(item.id) ? item.id : undefined;
    if (own !== undefined) taken.add(own);
    const id = (kind: string): string => own ?? itemId(kind, responseId, `in${index}`);
    return isKnown(item) ? listed(item, id(kinds[item.type ?? "message"])) : { ...item, id: id("item") };
  });
}

function listed(item: KnownItem, id: string): ListedItem {
  const said = { id, status: statusOf(item.status) };
  switch (item.type) {
    case "reasoning":
      return { ...item, ...said, summary: item.summary ?? [] };
    case "function_call":
    case "custom_tool_call": {
      const { namespace, ...call } = item;
      return { ...call, ...said, ...(namespace ? { namespace } : {}) };
    }
    case "function_call_output":
    case "custom_tool_call_output":
    case "compaction":
      return { ...item, ...said };
    case "message":
    case null:
    case undefined:
      return { ...item, ...said, type: "message", content: partsOf(item) };
  }
}

function partsOf({ role, content }: Message): MessagePart[] {
  if (typeof content !== "string") return content;
  return role === "assistant"
    ? [{ type: "output_text", text: content, annotations: [], logprobs: [] }]
    : [{ type: "input_text", text: content }];
}

function statusOf(given: string | null | undefined): Status {
  return given === "in_progress" || given === "incomplete" ? given : "completed";
}
