/** The output item of reasoning: a summary with one part. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { PartState } from "../../agent/types.ts";
import { serializeReasoning, type SealedReasoning } from "../sealed-reasoning.ts";
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
  /** Ends a part of the thinking with what the provider attached to it. */
  addState(model: string, state: PartState): void;
  complete(status: FinalItemStatus): Reasoning;
}

/**
 * With `encrypt`, the complete item has the reasoning and its states as `encrypted_content` too, for clients that send it
 * back. An item without text has an empty summary.
 */
export function createReasoningItem(
  emit: Emit,
  { id, index }: ItemLocation,
  encrypt: ((text: string) => string) | undefined,
  callModel?: string,
  calls?: SealedReasoning["calls"],
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
  /** Where the open part begins in the text. */
  let partStart = 0;
  const parts: SealedReasoning["parts"][number][] = [];
  let model = callModel;
  emitItemAdded(emit, index, { type: "reasoning", id, summary: [] });
  return {
    index,
    addState(stateModel, state) {
      model = stateModel;
      parts.push({ type: "thinking", text: text.slice(partStart), state });
      partStart = text.length;
    },
    appendDelta(fragment) {
      if (text === "") {
        emit((sequence_number) => ({
          type: "response.reasoning_summary_part.added",
          sequence_number,
          ...location,
          part: createSummaryPart(""),
        }));
      }
      text += fragment;
      emit((sequence_number) => createDelta(sequence_number, fragment));
    },
    complete(status) {
      const item: Reasoning = {
        type: "reasoning",
        id,
        summary: text === "" ? [] : [createSummaryPart(text)],
        ...(status === "incomplete" ? { status } : {}),
        ...(encrypt === undefined ? {} : { encrypted_content: encrypt(serializeReasoning(listAll())) }),
      };
      if (text !== "") emitSummaryDone();
      emitItemDone(emit, index, item);
      return item;
    },
  };

  function listAll(): SealedReasoning {
    const rest = text.slice(partStart);
    return { model, parts: rest === "" ? parts : [...parts, { type: "thinking", text: rest }], calls };
  }

  function emitSummaryDone(): void {
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
  }
}
