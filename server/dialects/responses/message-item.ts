/** The output item of a message. Its content parts, text and refusal, follow each other. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputPart } from "../../../contracts/http/responses/content.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import { createSequencedDeltaTemplate } from "../preserialized.ts";
import {
  emitItemAdded,
  emitItemDone,
  type ItemLocation,
  type FinalItemStatus,
  type Emit,
  type OutgoingEvent,
} from "./event-emitter.ts";

type Message = Extract<OutputItem, { type: "message" }>;

export interface MessageItem {
  readonly index: number;
  /** Appends text to the current part, or starts a part of another type. */
  appendDelta(type: OutputPart["type"], fragment: string): void;
  complete(status: FinalItemStatus, phase: Message["phase"]): Message;
}

interface ContentPart {
  readonly type: OutputPart["type"];
  appendDelta(fragment: string): void;
  complete(): OutputPart;
}

interface PartLocation {
  readonly item_id: string;
  readonly output_index: number;
  readonly content_index: number;
}

export function createMessageItem(emit: Emit, { id, index }: ItemLocation): MessageItem {
  const content: OutputPart[] = [];
  let part: ContentPart | undefined;
  const completePart = (): void => {
    if (part !== undefined) content.push(part.complete());
    part = undefined;
  };
  const initialItem: Message = { type: "message", id, status: "in_progress", role: "assistant", content: [] };
  emitItemAdded(emit, index, initialItem);
  return {
    index,
    appendDelta(type, fragment) {
      if (part?.type !== type) {
        completePart();
        const createPart = type === "refusal" ? createRefusalContent : createTextContent;
        part = createPart(emit, { item_id: id, output_index: index, content_index: content.length });
      }
      part.appendDelta(fragment);
    },
    complete(status, phase) {
      completePart();
      const item: Message = { ...initialItem, status, content, ...(phase === undefined ? {} : { phase }) };
      emitItemDone(emit, index, item);
      return item;
    },
  };
}

const createTextPart = (text: string): OutputPart => ({
  type: "output_text",
  text,
  annotations: [],
  logprobs: [],
});

function createTextContent(emit: Emit, location: PartLocation): ContentPart {
  const createDelta = (sequence_number: number, delta: string): ResponseEvent => ({
    type: "response.output_text.delta",
    sequence_number,
    ...location,
    delta,
    logprobs: [],
  });
  /** A template pays from the second event on. */
  let serializeDelta: ReturnType<typeof createSequencedDeltaTemplate<ResponseEvent>> | undefined;
  let text = "";
  emit(createPartEvent("response.content_part.added", location, createTextPart("")));
  return {
    type: "output_text",
    appendDelta(fragment) {
      const isFirst = text === "";
      text += fragment;
      if (fragment === "") return;
      emit((sequence_number) => {
        if (isFirst) return createDelta(sequence_number, fragment);
        serializeDelta ??= createSequencedDeltaTemplate(createDelta);
        return serializeDelta(sequence_number, fragment);
      });
    },
    complete() {
      const done = createTextPart(text);
      emit((sequence_number) => ({
        type: "response.output_text.done",
        sequence_number,
        ...location,
        text,
        logprobs: [],
      }));
      emit(createPartEvent("response.content_part.done", location, done));
      return done;
    },
  };
}

function createRefusalContent(emit: Emit, location: PartLocation): ContentPart {
  let refusal = "";
  emit(createPartEvent("response.content_part.added", location, { type: "refusal", refusal }));
  return {
    type: "refusal",
    appendDelta(delta) {
      refusal += delta;
      emit((sequence_number) => ({ type: "response.refusal.delta", sequence_number, ...location, delta }));
    },
    complete() {
      const done: OutputPart = { type: "refusal", refusal };
      emit((sequence_number) => ({ type: "response.refusal.done", sequence_number, ...location, refusal }));
      emit(createPartEvent("response.content_part.done", location, done));
      return done;
    },
  };
}

const createPartEvent =
  (
    type: "response.content_part.added" | "response.content_part.done",
    location: PartLocation,
    part: OutputPart,
  ) =>
  (sequence_number: number): OutgoingEvent => ({ type, sequence_number, ...location, part });
