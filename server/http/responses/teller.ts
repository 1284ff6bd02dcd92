/** Numbers the events of a response, and builds none where nobody listens. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { Encoded } from "../encoded.ts";

export type ToldEvent = ResponseEvent | Encoded<ResponseEvent>;

/** Tells the next event; what it is made of must not change afterwards. */
export type Tell = (make: (sequence_number: number) => ToldEvent) => void;

export function createTeller(listener: ((event: ToldEvent) => void) | undefined): Tell {
  let next = 0;
  return listener === undefined ? () => {} : (make) => listener(make(next++));
}

/** The name of an item and its place in the output. */
export interface ItemPlace {
  readonly id: string;
  readonly index: number;
}

export type ItemStatus = "completed" | "incomplete";

export function tellAdded(tell: Tell, output_index: number, item: OutputItem): void {
  tell((sequence_number) => ({ type: "response.output_item.added", sequence_number, output_index, item }));
}

export function tellDone(tell: Tell, output_index: number, item: OutputItem): void {
  tell((sequence_number) => ({ type: "response.output_item.done", sequence_number, output_index, item }));
}
