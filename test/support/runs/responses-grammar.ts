/** Validates the event stream of a response, as strictly as the strictest client, and accumulates the response. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem, Response } from "../../../contracts/http/responses/response.ts";

type EventOfType<T extends ResponseEvent["type"]> = Extract<ResponseEvent, { type: T }>;

type Phase = "none" | "created" | "queued" | "in_progress" | "failing" | "over";

interface OpenItem {
  readonly item: OutputItem;
  /** The texts of the parts so far. */
  readonly parts: string[];
  /** The kind of the open part, which accepts deltas. */
  openPart: "text" | "refusal" | "summary" | undefined;
  /** True after the `done` event of the part's text. */
  isTextDone: boolean;
  /** The call's arguments or input so far, and whether their `done` event was received. */
  argumentText: string;
  areArgumentsDone: boolean;
}

/** Returns the response. Throws at the first event that breaks the grammar. */
export function validateStream(events: readonly ResponseEvent[]): Response {
  const openItems = new Map<number, OpenItem>();
  const done = new Map<number, OutputItem>();
  const ids = new Set<string>();
  let response: Response | undefined;
  let phase: Phase = "none";
  let eventIndex = -1;
  const hasReached = (expected: Phase): boolean => phase === expected;

  const assertRule = (isMet: boolean, rule: string): void => {
    if (!isMet) throw new Error(`event ${eventIndex}, ${events[eventIndex]?.type}: ${rule}`);
  };
  const getItem = ({ output_index, item_id }: { output_index: number; item_id: string }): OpenItem => {
    const item = openItems.get(output_index);
    if (item === undefined) throw new Error(`event ${eventIndex}: no open item at ${output_index}`);
    assertRule(item.item.id === item_id, `the item at ${output_index} is ${item.item.id}`);
    return item;
  };
  const getPart = (
    event: Parameters<typeof getItem>[0],
    index: number,
    kind: OpenItem["openPart"],
  ): OpenItem => {
    const item = getItem(event);
    assertRule(item.openPart === kind && index === item.parts.length - 1, `no open ${kind} at ${index}`);
    return item;
  };
  const appendDelta = (item: OpenItem, delta: string): void => {
    assertRule(!item.isTextDone, "a text delta after the done event");
    assertRule(delta !== "", "an empty delta");
    item.parts[item.parts.length - 1] += delta;
  };
  const completeText = (item: OpenItem, text: string): void => {
    assertRule(!item.isTextDone, "two done events of a text");
    assertRule(item.parts.at(-1) === text, "the text is not the sum of its deltas");
    item.isTextDone = true;
  };
  const startPart = (item: OpenItem, index: number, kind: OpenItem["openPart"], text: string): void => {
    assertRule(item.openPart === undefined, "a part begins within a part");
    assertRule(index === item.parts.length, `the next part is ${item.parts.length}`);
    assertRule(text === "", "a part begins with its text");
    item.openPart = kind;
    item.isTextDone = false;
    item.parts.push("");
  };
  const endPart = (item: OpenItem, text: string): void => {
    assertRule(
      item.isTextDone && item.parts.at(-1) === text,
      "a part ends with another text than its done event",
    );
    item.openPart = undefined;
  };

  function handleItemAdded({ output_index, item }: EventOfType<"response.output_item.added">): void {
    assertRule(phase === "in_progress", "an item before the response is in progress");
    assertRule(output_index === openItems.size + done.size, "output indexes have a gap");
    const idKeys = [item.id, "call_id" in item ? `call ${item.call_id}` : item.id];
    for (const key of new Set(idKeys)) {
      assertRule(!ids.has(key), `${key} is used twice`);
      ids.add(key);
    }
    if (item.type !== "reasoning") assertRule(item.status === "in_progress", "an item begins complete");
    if (item.type === "message") assertRule(item.content.length === 0, "a message begins with content");
    if (item.type === "reasoning") assertRule(item.summary.length === 0, "reasoning begins with content");
    if (item.type === "function_call") assertRule(item.arguments === "", "a call begins with arguments");
    openItems.set(output_index, {
      item: structuredClone(item),
      parts: [],
      openPart: undefined,
      isTextDone: false,
      argumentText: "",
      areArgumentsDone: false,
    });
  }

  function handleItemDone({ output_index, item }: EventOfType<"response.output_item.done">): void {
    const started = openItems.get(output_index);
    if (started === undefined) throw new Error(`event ${eventIndex}: no open item at ${output_index}`);
    assertRule(started.item.id === item.id && started.item.type === item.type, "an item ends as another");
    assertRule(started.openPart === undefined, "an item ends within a part");
    if (item.type !== "reasoning") assertRule(item.status !== "in_progress", "an item ends in progress");
    if (item.type === "message") {
      const texts = item.content.map((part) => (part.type === "refusal" ? part.refusal : part.text));
      assertRule(isEqual(texts, started.parts), "the message's parts differ from its events");
      assertRule(texts.length > 0, "a message without parts");
    }
    if (item.type === "reasoning")
      assertRule(
        isEqual(
          item.summary.map(({ text }) => text),
          started.parts,
        ),
        "the reasoning summary differs from its events",
      );
    if (item.type === "function_call" || item.type === "custom_tool_call") {
      const fullText = item.type === "function_call" ? item.arguments : item.input;
      assertRule(
        started.areArgumentsDone && started.argumentText === fullText,
        "the call's arguments differ from its events",
      );
      assertRule("call_id" in started.item && started.item.call_id === item.call_id, "the call id changes");
    }
    openItems.delete(output_index);
    done.set(output_index, item);
  }

  function handleLifecycle(event: Extract<ResponseEvent, { response: unknown }>): void {
    assertRule(response === undefined || event.response.id === response.id, "the response's id changes");
    response = event.response;
    const expected = [...done].toSorted(([a], [b]) => a - b).map(([, item]) => item);
    assertRule(isEqual(response.output, expected), "the output differs from the done items");
    const kind = event.type.slice("response.".length);
    if (kind === "created") {
      assertRule(phase === "none", "created is not first");
      phase = "created";
      return;
    }
    if (kind === "queued") assertRule(phase === "created" && response.status === "queued", "queued too late");
    else if (kind === "in_progress")
      assertRule(
        // It is repeated after a minute without an event.
        /^(created|queued|in_progress)$/.test(phase) && response.status === "in_progress",
        "in_progress too late",
      );
    else {
      assertRule(openItems.size === 0, "items are open at the end");
      assertRule(
        kind === "failed" ? phase === "failing" : phase === "in_progress",
        "the end comes out of order",
      );
      assertRule(kind === "failed" || kind === response.status, `${kind} says ${response.status}`);
      if (kind === "failed")
        assertRule(/^(failed|cancelled)$/.test(response.status), "response.failed with another status");
      assertRule(
        (response.status === "incomplete") === (response.incomplete_details !== null),
        "incomplete_details do not match the status",
      );
      assertRule(
        (response.status === "failed") === (response.error !== null),
        "the error does not match the status",
      );
      assertRule(
        (response.status === "completed") === (response.completed_at !== null),
        "completed_at does not match the status",
      );
      phase = "over";
      return;
    }
    phase = kind as typeof phase;
  }

  for (const event of events) {
    eventIndex += 1;
    assertRule(event.sequence_number === eventIndex, `the sequence number is ${event.sequence_number}`);
    assertRule(!hasReached("over"), "an event after the end");
    assertRule(
      !hasReached("failing") || event.type === "response.failed",
      "an event between error and response.failed",
    );
    if ("response" in event) {
      handleLifecycle(event);
      continue;
    }
    assertRule(!hasReached("none"), "created is not first");
    switch (event.type) {
      case "response.output_item.added":
        handleItemAdded(event);
        break;
      case "response.output_item.done":
        handleItemDone(event);
        break;
      case "response.content_part.added": {
        const { part } = event;
        const text = part.type === "refusal" ? part.refusal : part.text;
        startPart(getItem(event), event.content_index, part.type === "refusal" ? "refusal" : "text", text);
        break;
      }
      case "response.content_part.done": {
        const { part } = event;
        const refusal = part.type === "refusal";
        const item = getPart(event, event.content_index, refusal ? "refusal" : "text");
        endPart(item, refusal ? part.refusal : part.text);
        break;
      }
      case "response.output_text.delta":
        appendDelta(getPart(event, event.content_index, "text"), event.delta);
        break;
      case "response.output_text.done":
        completeText(getPart(event, event.content_index, "text"), event.text);
        break;
      case "response.refusal.delta":
        appendDelta(getPart(event, event.content_index, "refusal"), event.delta);
        break;
      case "response.refusal.done":
        completeText(getPart(event, event.content_index, "refusal"), event.refusal);
        break;
      case "response.reasoning_summary_part.added":
        startPart(getItem(event), event.summary_index, "summary", event.part.text);
        break;
      case "response.reasoning_summary_text.delta":
        appendDelta(getPart(event, event.summary_index, "summary"), event.delta);
        break;
      case "response.reasoning_summary_text.done":
        completeText(getPart(event, event.summary_index, "summary"), event.text);
        break;
      case "response.reasoning_summary_part.done":
        endPart(getPart(event, event.summary_index, "summary"), event.part.text);
        break;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta": {
        const item = getItem(event);
        assertRule(!item.areArgumentsDone && event.delta !== "", "an argument delta after the done event");
        item.argumentText += event.delta;
        break;
      }
      case "response.function_call_arguments.done":
      case "response.custom_tool_call_input.done": {
        const item = getItem(event);
        const fullText = "arguments" in event ? event.arguments : event.input;
        assertRule(
          !item.areArgumentsDone && item.argumentText === fullText,
          "the arguments are not the sum of their deltas",
        );
        assertRule(
          !("name" in event) || ("name" in item.item && item.item.name === event.name),
          "the name changes",
        );
        item.areArgumentsDone = true;
        break;
      }
      case "error":
        assertRule(
          isEqual([event.code, event.message, event.param], pickErrorFields(event.error)),
          "the two errors differ",
        );
        phase = "failing";
        break;
      default:
        assertRule(false, "this event is not sent");
    }
  }
  if (response === undefined || !hasReached("over")) throw new Error("the stream has no end");
  return response;
}

const pickErrorFields = ({ code, message, param }: EventOfType<"error">["error"]): unknown => [
  code,
  message,
  param,
];

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
