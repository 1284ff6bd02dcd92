/** Checks the events of a streamed message against the grammar that Anthropic's clients rely on, and folds them. */
import { expect } from "vitest";
import type { MessagesEvent } from "../../../contracts/http/messages/events.ts";

type EventOf<T extends MessagesEvent["type"]> = Extract<MessagesEvent, { type: T }>;
type Delta = EventOf<"content_block_delta">["delta"];

const deltaTypes: Readonly<Record<string, readonly Delta["type"][]>> = {
  text: ["text_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  tool_use: ["input_json_delta"],
  redacted_thinking: [],
};

interface OpenBlock {
  readonly type: string;
  readonly deltas: Delta[];
}

/** Throws for a stream that some client would read wrongly. `isComplete`: the run has not failed. */
export function checkMessageStream(events: readonly MessagesEvent[], isComplete: boolean): void {
  const sent = events.filter(({ type }) => type !== "ping");
  if (!isComplete) expect(sent.some(({ type }) => type === "message_stop")).toBe(false);
  if (sent.length === 0) return;
  const types = sent.map(({ type }) => type);
  expect(types[0]).toBe("message_start");
  expect(types.filter((type) => type === "message_start")).toHaveLength(1);
  if (isComplete) expect(types.slice(-2)).toEqual(["message_delta", "message_stop"]);
  expect(types.filter((type) => type === "message_delta")).toHaveLength(isComplete ? 1 : 0);
  let open: OpenBlock | undefined;
  let index = 0;
  for (const event of sent) {
    if (event.type === "content_block_start") {
      expect(open).toBeUndefined();
      expect(event.index).toBe(index);
      open = { type: event.content_block.type, deltas: [] };
    }
    if (event.type === "content_block_delta") {
      expect(event.index).toBe(index);
      expect(deltaTypes[open?.type ?? ""]).toContain(event.delta.type);
      open?.deltas.push(event.delta);
    }
    if (event.type === "content_block_stop") {
      expect(event.index).toBe(index);
      expect(open).toBeDefined();
      if (open !== undefined) checkBlock(open);
      open = undefined;
      index += 1;
    }
    if (event.type === "message_delta") expect(open).toBeUndefined();
  }
}

function checkBlock({ type, deltas }: OpenBlock): void {
  if (type === "thinking") {
    expect(deltas.at(-1)?.type).toBe("signature_delta");
    expect(deltas.filter((delta) => delta.type === "signature_delta")).toHaveLength(1);
  }
  const texts = deltas.map((delta) => (delta.type === "text_delta" ? delta.text : ""));
  if (type === "text") expect(texts.join("")).not.toBe("");
  const json = deltas.map((delta) => (delta.type === "input_json_delta" ? delta.partial_json : "")).join("");
  if (type === "tool_use" && json !== "") expect(Array.isArray(JSON.parse(json))).toBe(false);
}
