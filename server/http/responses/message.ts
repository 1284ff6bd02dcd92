/** A message in the making: parts of text and refusal, one after the other. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputPart } from "../../../contracts/http/responses/content.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import { numberedTextTemplate } from "../encoded.ts";
import { tellAdded, tellDone, type ItemPlace, type ItemStatus, type Tell, type ToldEvent } from "./teller.ts";

type Message = Extract<OutputItem, { type: "message" }>;

export interface OpenMessage {
  readonly index: number;
  /** The next piece of text, or of a refusal. */
  add(type: OutputPart["type"], piece: string): void;
  close(status: ItemStatus, phase: Message["phase"]): Message;
}

interface OpenPart {
  readonly type: OutputPart["type"];
  add(piece: string): void;
  close(): OutputPart;
}

interface PartPlace {
  readonly item_id: string;
  readonly output_index: number;
  readonly content_index: number;
}

export function openMessage(tell: Tell, { id, index }: ItemPlace): OpenMessage {
  const content: OutputPart[] = [];
  let part: OpenPart | undefined;
  const closePart = (): void => {
    if (part !== undefined) content.push(part.close());
    part = undefined;
  };
  const begun: Message = { type: "message", id, status: "in_progress", role: "assistant", content: [] };
  tellAdded(tell, index, begun);
  return {
    index,
    add(type, piece) {
      if (part?.type !== type) {
        closePart();
        const open = type === "refusal" ? openRefusal : openText;
        part = open(tell, { item_id: id, output_index: index, content_index: content.length });
      }
      part.add(piece);
    },
    close(status, phase) {
      closePart();
      const item: Message = { ...begun, status, content, ...(phase === undefined ? {} : { phase }) };
      tellDone(tell, index, item);
      return item;
    },
  };
}

const textPart = (text: string): OutputPart => ({ type: "output_text", text, annotations: [], logprobs: [] });

function openText(tell: Tell, place: PartPlace): OpenPart {
  const delta = numberedTextTemplate<ResponseEvent>((sequence_number, piece) => ({
    type: "response.output_text.delta",
    sequence_number,
    ...place,
    delta: piece,
    logprobs: [],
  }));
  let text = "";
  tell(partEvent("response.content_part.added", place, textPart("")));
  return {
    type: "output_text",
    add(piece) {
      text += piece;
      if (piece !== "") tell((sequence_number) => delta(sequence_number, piece));
    },
    close() {
      const done = textPart(text);
      tell((sequence_number) => ({
        type: "response.output_text.done",
        sequence_number,
        ...place,
        text,
        logprobs: [],
      }));
      tell(partEvent("response.content_part.done", place, done));
      return done;
    },
  };
}

function openRefusal(tell: Tell, place: PartPlace): OpenPart {
  let refusal = "";
  tell(partEvent("response.content_part.added", place, { type: "refusal", refusal }));
  return {
    type: "refusal",
    add(delta) {
      refusal += delta;
      tell((sequence_number) => ({ type: "response.refusal.delta", sequence_number, ...place, delta }));
    },
    close() {
      const done: OutputPart = { type: "refusal", refusal };
      tell((sequence_number) => ({ type: "response.refusal.done", sequence_number, ...place, refusal }));
      tell(partEvent("response.content_part.done", place, done));
      return done;
    },
  };
}

const partEvent =
  (type: "response.content_part.added" | "response.content_part.done", place: PartPlace, part: OutputPart) =>
  (sequence_number: number): ToldEvent => ({ type, sequence_number, ...place, part });
