/** What a legal stream of a response is, as strict as the strictest client; and the response that a stream amounts to. */
import type { ResponseEvent } from "../../contracts/http/responses/events.ts";
import type { OutputItem, Response } from "../../contracts/http/responses/response.ts";

type Of<T extends ResponseEvent["type"]> = Extract<ResponseEvent, { type: T }>;

type Stage = "none" | "created" | "queued" | "in_progress" | "failing" | "over";

interface OpenItem {
  readonly item: OutputItem;
  /** Texts of the parts so far. */
  readonly parts: string[];
  /** The part in the making: what may still be added to it. */
  open: "text" | "refusal" | "summary" | undefined;
  /** Its text has been told as a whole. */
  told: boolean;
  /** The call's arguments or input so far, and whether they were told as a whole. */
  argument: string;
  argumentTold: boolean;
}

/** Throws at the first event that breaks the grammar; returns the response. */
export function foldStream(events: readonly ResponseEvent[]): Response {
  const open = new Map<number, OpenItem>();
  const done = new Map<number, OutputItem>();
  const ids = new Set<string>();
  let response: Response | undefined;
  let stage: Stage = "none";
  let at = -1;
  const reached = (which: Stage): boolean => stage === which;

  const must = (holds: boolean, rule: string): void => {
    if (!holds) throw new Error(`event ${at}, ${events[at]?.type}: ${rule}`);
  };
  const itemAt = ({ output_index, item_id }: { output_index: number; item_id: string }): OpenItem => {
    const found = open.get(output_index);
    if (found === undefined) throw new Error(`event ${at}: no open item at ${output_index}`);
    must(found.item.id === item_id, `the item at ${output_index} is ${found.item.id}`);
    return found;
  };
  const partAt = (event: Parameters<typeof itemAt>[0], index: number, kind: OpenItem["open"]): OpenItem => {
    const item = itemAt(event);
    must(item.open === kind && index === item.parts.length - 1, `no open ${kind} at ${index}`);
    return item;
  };
  const grow = (item: OpenItem, delta: string): void => {
    must(!item.told, "a text goes on after it was told as a whole");
    must(delta !== "", "an empty piece");
    item.parts[item.parts.length - 1] += delta;
  };
  const tellWhole = (item: OpenItem, text: string): void => {
    must(!item.told, "a text is told twice");
    must(item.parts.at(-1) === text, "the whole text is not the sum of its pieces");
    item.told = true;
  };
  const openPart = (item: OpenItem, index: number, kind: OpenItem["open"], text: string): void => {
    must(item.open === undefined, "a part begins within a part");
    must(index === item.parts.length, `the next part is ${item.parts.length}`);
    must(text === "", "a part begins with its text");
    item.open = kind;
    item.told = false;
    item.parts.push("");
  };
  const closePart = (item: OpenItem, text: string): void => {
    must(item.told && item.parts.at(-1) === text, "a part ends otherwise than it was told");
    item.open = undefined;
  };

  function added({ output_index, item }: Of<"response.output_item.added">): void {
    must(stage === "in_progress", "an item before the response is in progress");
    must(output_index === open.size + done.size, "output indexes have a gap");
    const keys = [item.id, "call_id" in item ? `call ${item.call_id}` : item.id];
    for (const key of new Set(keys)) {
      must(!ids.has(key), `${key} is used twice`);
      ids.add(key);
    }
    if (item.type !== "reasoning") must(item.status === "in_progress", "an item begins complete");
    if (item.type === "message") must(item.content.length === 0, "a message begins with content");
    if (item.type === "reasoning") must(item.summary.length === 0, "thinking begins with content");
    if (item.type === "function_call") must(item.arguments === "", "a call begins with arguments");
    open.set(output_index, {
      item: structuredClone(item),
      parts: [],
      open: undefined,
      told: false,
      argument: "",
      argumentTold: false,
    });
  }

  function finished({ output_index, item }: Of<"response.output_item.done">): void {
    const begun = open.get(output_index);
    if (begun === undefined) throw new Error(`event ${at}: no open item at ${output_index}`);
    must(begun.item.id === item.id && begun.item.type === item.type, "an item ends as another");
    must(begun.open === undefined, "an item ends within a part");
    if (item.type !== "reasoning") must(item.status !== "in_progress", "an item ends in progress");
    if (item.type === "message") {
      const texts = item.content.map((part) => (part.type === "refusal" ? part.refusal : part.text));
      must(same(texts, begun.parts), "the message's parts are not those told");
      must(texts.length > 0, "a message without parts");
    }
    if (item.type === "reasoning")
      must(
        same(
          item.summary.map(({ text }) => text),
          begun.parts,
        ),
        "the thinking is not what was told",
      );
    if (item.type === "function_call" || item.type === "custom_tool_call") {
      const whole = item.type === "function_call" ? item.arguments : item.input;
      must(begun.argumentTold && begun.argument === whole, "the call's arguments are not those told");
      must("call_id" in begun.item && begun.item.call_id === item.call_id, "the call id changes");
    }
    open.delete(output_index);
    done.set(output_index, item);
  }

  function lifecycle(event: Extract<ResponseEvent, { response: unknown }>): void {
    must(response === undefined || event.response.id === response.id, "the response's id changes");
    response = event.response;
    const expected = [...done].toSorted(([a], [b]) => a - b).map(([, item]) => item);
    must(same(response.output, expected), "the output is not that of the items told");
    const kind = event.type.slice("response.".length);
    if (kind === "created") {
      must(stage === "none", "created is not first");
      stage = "created";
      return;
    }
    if (kind === "queued") must(stage === "created" && response.status === "queued", "queued too late");
    else if (kind === "in_progress")
      must(
        (stage === "created" || stage === "queued") && response.status === "in_progress",
        "in_progress too late",
      );
    else {
      must(open.size === 0, "items are open at the end");
      must(kind === "failed" ? stage === "failing" : stage === "in_progress", "the end comes out of order");
      must(kind === "failed" || kind === response.status, `${kind} says ${response.status}`);
      if (kind === "failed") must(/^(failed|cancelled)$/.test(response.status), "failed says otherwise");
      must((response.status === "incomplete") === (response.incomplete_details !== null), "why incomplete?");
      must((response.status === "failed") === (response.error !== null), "why failed?");
      must((response.status === "completed") === (response.completed_at !== null), "when completed?");
      stage = "over";
      return;
    }
    stage = kind as typeof stage;
  }

  for (const event of events) {
    at += 1;
    must(event.sequence_number === at, `the sequence number is ${event.sequence_number}`);
    must(!reached("over"), "something after the end");
    must(!reached("failing") || event.type === "response.failed", "something between error and failed");
    if ("response" in event) {
      lifecycle(event);
      continue;
    }
    must(!reached("none"), "created is not first");
    switch (event.type) {
      case "response.output_item.added":
        added(event);
        break;
      case "response.output_item.done":
        finished(event);
        break;
      case "response.content_part.added": {
        const { part } = event;
        const text = part.type === "refusal" ? part.refusal : part.text;
        openPart(itemAt(event), event.content_index, part.type === "refusal" ? "refusal" : "text", text);
        break;
      }
      case "response.content_part.done": {
        const { part } = event;
        const refusal = part.type === "refusal";
        const item = partAt(event, event.content_index, refusal ? "refusal" : "text");
        closePart(item, refusal ? part.refusal : part.text);
        break;
      }
      case "response.output_text.delta":
        grow(partAt(event, event.content_index, "text"), event.delta);
        break;
      case "response.output_text.done":
        tellWhole(partAt(event, event.content_index, "text"), event.text);
        break;
      case "response.refusal.delta":
        grow(partAt(event, event.content_index, "refusal"), event.delta);
        break;
      case "response.refusal.done":
        tellWhole(partAt(event, event.content_index, "refusal"), event.refusal);
        break;
      case "response.reasoning_summary_part.added":
        openPart(itemAt(event), event.summary_index, "summary", event.part.text);
        break;
      case "response.reasoning_summary_text.delta":
        grow(partAt(event, event.summary_index, "summary"), event.delta);
        break;
      case "response.reasoning_summary_text.done":
        tellWhole(partAt(event, event.summary_index, "summary"), event.text);
        break;
      case "response.reasoning_summary_part.done":
        closePart(partAt(event, event.summary_index, "summary"), event.part.text);
        break;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta": {
        const item = itemAt(event);
        must(!item.argumentTold && event.delta !== "", "arguments go on after their end");
        item.argument += event.delta;
        break;
      }
      case "response.function_call_arguments.done":
      case "response.custom_tool_call_input.done": {
        const item = itemAt(event);
        const whole = "arguments" in event ? event.arguments : event.input;
        must(!item.argumentTold && item.argument === whole, "the arguments are not the sum of their pieces");
        must(!("name" in event) || ("name" in item.item && item.item.name === event.name), "another name");
        item.argumentTold = true;
        break;
      }
      case "error":
        must(same([event.code, event.message, event.param], told(event.error)), "the two errors differ");
        stage = "failing";
        break;
      default:
        must(false, "this event is not sent");
    }
  }
  if (response === undefined || !reached("over")) throw new Error("the stream has no end");
  return response;
}

const told = ({ code, message, param }: Of<"error">["error"]): unknown => [code, message, param];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
