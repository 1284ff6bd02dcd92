/** Thinking in the making, shown as a summary of one part. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import { numberedTextTemplate } from "../encoded.ts";
import { tellAdded, tellDone, type ItemPlace, type ItemStatus, type Tell } from "./teller.ts";

type Reasoning = Extract<OutputItem, { type: "reasoning" }>;

export interface OpenReasoning {
  readonly index: number;
  add(piece: string): void;
  close(status: ItemStatus): Reasoning;
}

/** With `seal` the whole thinking is added sealed, for callers that send it back. */
export function openReasoning(
  tell: Tell,
  { id, index }: ItemPlace,
  seal: ((text: string) => string) | undefined,
): OpenReasoning {
  const place = { item_id: id, output_index: index, summary_index: 0 };
  const summary = (text: string) => ({ type: "summary_text", text }) as const;
  const delta = numberedTextTemplate<ResponseEvent>((sequence_number, piece) => ({
    type: "response.reasoning_summary_text.delta",
    sequence_number,
    ...place,
    delta: piece,
  }));
  let text = "";
  tellAdded(tell, index, { type: "reasoning", id, summary: [] });
  tell((sequence_number) => ({
    type: "response.reasoning_summary_part.added",
    sequence_number,
    ...place,
    part: summary(""),
  }));
  return {
    index,
    add(piece) {
      text += piece;
      tell((sequence_number) => delta(sequence_number, piece));
    },
    close(status) {
      const item: Reasoning = {
        type: "reasoning",
        id,
        summary: [summary(text)],
        ...(status === "incomplete" ? { status } : {}),
        ...(seal === undefined ? {} : { encrypted_content: seal(text) }),
      };
      tell((sequence_number) => ({
        type: "response.reasoning_summary_text.done",
        sequence_number,
        ...place,
        text,
      }));
      tell((sequence_number) => ({
        type: "response.reasoning_summary_part.done",
        sequence_number,
        ...place,
        part: summary(text),
      }));
      tellDone(tell, index, item);
      return item;
    },
  };
}
