/** The output item of reasoning: a summary with one part. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import { createSequencedDeltaTemplate } from "../preserialized.ts";
import {
  emitItemAdded,
  emitItemDone,
  type ItemLocation,
  type FinalItemStatus,
  type Emit,
} from "./event-emitter.ts";

type Reasoning = Extract<OutputItem, { type: "reasoning" }>;

export interface ReasoningItem {
  readonly index: number;
  appendDelta(fragment: string): void;
  complete(status: FinalItemStatus): Reasoning;
}

/** With `encrypt`, the complete item has the reasoning as `encrypted_content` too, for clients that send it back. */
export function createReasoningItem(
  emit: Emit,
  { id, index }: ItemLocation,
  encrypt: ((text: string) => string) | undefined,
): ReasoningItem {
  const location = { item_id: id, output_index: index, summary_index: 0 };
  const createSummaryPart = (text: string) => ({ type: "summary_text", text }) as const;
  const createDelta = createSequencedDeltaTemplate<ResponseEvent>((sequence_number, fragment) => ({
    type: "response.reasoning_summary_text.delta",
    sequence_number,
    ...location,
    delta: fragment,
  }));
  let text = "";
  emitItemAdded(emit, index, { type: "reasoning", id, summary: [] });
  emit((sequence_number) => ({
    type: "response.reasoning_summary_part.added",
    sequence_number,
    ...location,
    part: createSummaryPart(""),
  }));
  return {
    index,
    appendDelta(fragment) {
      text += fragment;
      emit((sequence_number) => createDelta(sequence_number, fragment));
    },
    complete(status) {
      const item: Reasoning = {
        type: "reasoning",
        id,
        summary: [createSummaryPart(text)],
        ...(status === "incomplete" ? { status } : {}),
        ...(encrypt === undefined ? {} : { encrypted_content: encrypt(text) }),
      };
      emit((sequence_number) => ({
        type: "response.reasoning_summary_text.done",
        sequence_number,
        ...location,
        text,
      }));
      emit((sequence_number) => ({
        type: "response.reasoning_summary_part.done",
        sequence_number,
        ...location,
        part: createSummaryPart(text),
      }));
      emitItemDone(emit, index, item);
      return item;
    },
  };
}
