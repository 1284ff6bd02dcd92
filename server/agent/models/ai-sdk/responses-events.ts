/**
 * Converts the events of a Responses stream to events that the package accepts. It rejects a stream for one missing field.
 * Servers leave out events, ids and indexes. They send texts and arguments as deltas, at the end of a part, in the item, or in the
 * response alone.
 */
import { asFields, asList, asText, toArgumentsText } from "../untrusted-json.ts";
import { nameMissingCall, type EventReader, type Fields } from "./api.ts";

type ItemType = "message" | "reasoning" | "function_call" | "custom_tool_call";

interface Item {
  readonly type: ItemType;
  /** Its index among all items. Servers number items in other ways, or not at all. */
  readonly index: number;
  readonly id: string;
  readonly callId: string;
  /** The item of its first event. */
  readonly wire: Fields;
  /** The parts with deltas so far. */
  readonly parts: Set<unknown>;
  /** The first kind of thinking: some servers send the same text as a summary and as reasoning text. */
  thinkingKind?: string;
  isDone: boolean;
}

const itemTypes: ReadonlySet<unknown> = new Set<ItemType>([
  "message",
  "reasoning",
  "function_call",
  "custom_tool_call",
]);
const isItemType = (type: unknown): type is ItemType => itemTypes.has(type);
const phases: ReadonlySet<unknown> = new Set(["commentary", "final_answer"]);

/** The fields of a text in the provider's events, and the events that the package reads it from. */
interface TextKind {
  readonly item: ItemType;
  readonly event: string;
  /** The field that numbers the parts of an item. */
  readonly part: "content_index" | "summary_index";
  /** The field of the complete text at the end of a part. */
  readonly textField: string;
}

const summaryEvent = "response.reasoning_summary_text.delta";
const argumentsEvent = "response.function_call_arguments.delta";
const inputEvent = "response.custom_tool_call_input.delta";
const textEvent = "response.output_text.delta";
const refusalEvent = "response.refusal.delta";

const outputText: TextKind = { item: "message", event: textEvent, part: "content_index", textField: "text" };
const refusal: TextKind = {
  item: "message",
  event: refusalEvent,
  part: "content_index",
  textField: "refusal",
};
const summary: TextKind = {
  item: "reasoning",
  event: summaryEvent,
  part: "summary_index",
  textField: "text",
};

/** By the events without `.delta` and `.done`. */
const textKinds: ReadonlyMap<string, TextKind> = new Map([
  ["response.output_text", outputText],
  ["response.refusal", refusal],
  ["response.reasoning_summary_text", summary],
  ["response.reasoning_text", { ...summary, part: "content_index" }],
  [
    "response.function_call_arguments",
    { item: "function_call", event: argumentsEvent, part: "content_index", textField: "arguments" },
  ],
  [
    "response.custom_tool_call_input",
    { item: "custom_tool_call", event: inputEvent, part: "content_index", textField: "input" },
  ],
]);

export function createResponsesEventReader(): EventReader {
  let itemCount = 0;
  const itemsById = new Map<string, Item>();
  const itemsByIndex = new Map<number, Item>();
  const latestItems = new Map<ItemType, Item>();
  /** The types of items with output so far. */
  const outputTypes = new Set<ItemType>();

  function begin(type: ItemType, wire: Fields, outputIndex: unknown): Item {
    const index = itemCount++;
    const id = asText(wire["id"]) || `${type}_${index}`;
    const callId = asText(wire["call_id"]) || asText(wire["id"]) || nameMissingCall(index);
    const item: Item = { type, index, id, callId, wire, parts: new Set(), isDone: false };
    itemsById.set(id, item);
    if (typeof outputIndex === "number") itemsByIndex.set(outputIndex, item);
    latestItems.set(type, item);
    return item;
  }

  /** Some servers change the id from event to event. An index stays the same. */
  function find(type: ItemType, id: unknown, outputIndex: unknown): Item | undefined {
    const byId = typeof id === "string" ? itemsById.get(id) : undefined;
    const byIndex = typeof outputIndex === "number" ? itemsByIndex.get(outputIndex) : undefined;
    const latest = typeof outputIndex === "number" ? undefined : latestItems.get(type);
    return [byId, byIndex, latest].find((item) => item?.type === type && !item.isDone);
  }

  /** Returns the item of a text, and the item's first event if it is new. A call without a name begins with its last event. */
  function findOrBegin(kind: TextKind, event: Fields): { readonly item?: Item; readonly events: object[] } {
    const { item_id: id, output_index: outputIndex } = event;
    const existing = find(kind.item, id, outputIndex);
    if (existing !== undefined) return { item: existing, events: [] };
    if (kind.item !== "message" && kind.item !== "reasoning") return { events: [] };
    const item = begin(kind.item, { id }, outputIndex);
    return { item, events: [toAdded(item)] };
  }

  function addText(kind: TextKind, item: Item, text: string, part: unknown): readonly object[] {
    if (text === "") return [];
    outputTypes.add(item.type);
    const summaryIndex = typeof part === "number" ? part : 0;
    const isNewSummary = kind.item === "reasoning" && summaryIndex > 0 && !item.parts.has(part);
    item.parts.add(part);
    const place = { item_id: item.id, output_index: item.index, summary_index: summaryIndex };
    return [
      ...(isNewSummary ? [{ type: "response.reasoning_summary_part.added", ...place }] : []),
      { type: kind.event, ...place, delta: text },
    ];
  }

  function readText(name: string, kind: TextKind, event: Fields, isDone: boolean): readonly object[] {
    const value = isDone ? event[kind.textField] : event["delta"];
    const text = kind.item === "function_call" ? toArgumentsText(value) : asText(value);
    if (text === "" || (isDone && text === "{}")) return [];
    const { item, events } = findOrBegin(kind, event);
    if (item === undefined) return [];
    const part = kind.item === "function_call" ? undefined : event[kind.part];
    if (isDone && (item.parts.has(part) || (part === undefined && item.parts.size > 0))) return events;
    if (kind.item === "reasoning" && (item.thinkingKind ??= name) !== name) return events;
    return [...events, ...addText(kind, item, text, part)];
  }

  /** Returns the texts of an item without deltas. */
  function readContent(item: Item, wire: Fields): readonly object[] {
    if (item.parts.size > 0) return [];
    const { content, summary: summaries } = wire;
    if (item.type === "message") {
      return asList(content).flatMap((entry, part) => {
        const { text, refusal: reason } = asFields(entry) ?? {};
        return [
          ...addText(outputText, item, asText(text), part),
          ...addText(refusal, item, asText(reason), part),
        ];
      });
    }
    if (item.type !== "reasoning") return [];
    const thoughts = asList(summaries).length > 0 ? asList(summaries) : asList(content);
    return thoughts.flatMap((entry, part) => addText(summary, item, asText(asFields(entry)?.["text"]), part));
  }

  function finish(type: ItemType, wire: Fields, outputIndex: unknown): readonly object[] {
    const existing = find(type, wire["id"], outputIndex);
    const item = existing ?? begin(type, wire, outputIndex);
    item.isDone = true;
    if (type !== "message") outputTypes.add(type);
    return [
      ...(existing === undefined ? [toAdded(item)] : []),
      ...readContent(item, wire),
      toDone(item, wire),
    ];
  }

  /** Reads the last event. Only items that no earlier event has had are added. */
  function complete(type: string, response: Fields): readonly object[] {
    const hasCalls = outputTypes.has("function_call") || outputTypes.has("custom_tool_call");
    const isMissing = (itemType: ItemType): boolean => {
      if (itemType === "message") return !outputTypes.has("message");
      return itemType === "reasoning" ? outputTypes.size === 0 : !hasCalls;
    };
    const output = asList(response["output"]).map((item) => asFields(item) ?? {});
    const missing = output.filter((item) => isItemType(item["type"]) && isMissing(item["type"]));
    const { status, incomplete_details: details, usage } = response;
    const outcome = readOutcome(type, status);
    const reason =
      asText(asFields(details)?.["reason"]) || (outcome === "incomplete" ? "max_output_tokens" : undefined);
    return [
      ...missing.flatMap((item) => (isItemType(item["type"]) ? finish(item["type"], item, undefined) : [])),
      ...[...itemsById.values()]
        .filter((item) => !item.isDone && item.type !== "message")
        .flatMap((item) => finish(item.type, { id: item.id }, item.index)),
      {
        type: `response.${outcome}`,
        sequence_number: 0,
        response: {
          ...(reason === undefined ? {} : { incomplete_details: { reason } }),
          ...(hasCounts(usage) ? { usage } : {}),
        },
      },
    ];
  }

  return {
    read(event) {
      const type = asText(event["type"]);
      const item = asFields(event["item"]);
      if (type === "response.output_item.added" || type === "response.output_item.done") {
        if (item === undefined || !isItemType(item["type"])) return [];
        if (type === "response.output_item.done") return finish(item["type"], item, event["output_index"]);
        return [toAdded(begin(item["type"], item, event["output_index"]))];
      }
      if (/^response\.(?:completed|incomplete|failed|done)$/.test(type))
        return complete(type, asFields(event["response"]) ?? {});
      const [, name = "", ending] = /^(.*)\.(delta|done)$/.exec(type) ?? [];
      const kind = textKinds.get(name);
      return kind === undefined ? [] : readText(name, kind, event, ending === "done");
    },
  };
}

function readOutcome(type: string, status: unknown): "failed" | "incomplete" | "completed" {
  if (type === "response.failed" || status === "failed") return "failed";
  return type === "response.incomplete" || status === "incomplete" ? "incomplete" : "completed";
}

const toAdded = (item: Item): object => ({
  type: "response.output_item.added",
  output_index: item.index,
  item: toItem(item, item.wire, "in_progress"),
});

const toDone = (item: Item, wire: Fields): object => ({
  type: "response.output_item.done",
  output_index: item.index,
  item: toItem(item, { ...item.wire, ...omitEmpty(wire) }, "completed"),
});

/** The fields that the package reads. */
function toItem({ type, id, callId }: Item, wire: Fields, status: "in_progress" | "completed"): object {
  const { name, namespace, phase, encrypted_content: encrypted } = wire;
  if (type === "message") return { type, id, ...(phases.has(phase) ? { phase } : {}) };
  if (type === "reasoning")
    return { type, id, ...(typeof encrypted === "string" ? { encrypted_content: encrypted } : {}) };
  const call = { type, id, call_id: callId, name, status };
  const isDone = status === "completed";
  if (type === "custom_tool_call") return { ...call, input: isDone ? asText(wire["input"]) : "" };
  return {
    ...call,
    arguments: isDone ? toArgumentsText(wire["arguments"]) : "",
    ...(typeof namespace === "string" ? { namespace } : {}),
  };
}

/** Returns the fields with a value: an empty field of the last event does not replace that of the first one. */
const omitEmpty = (wire: Fields): Fields =>
  Object.fromEntries(
    Object.entries(wire).filter(([, value]) => value !== "" && value !== null && value !== undefined),
  );

function hasCounts(usage: unknown): boolean {
  const { input_tokens, output_tokens } = asFields(usage) ?? {};
  return typeof input_tokens === "number" && typeof output_tokens === "number";
}
