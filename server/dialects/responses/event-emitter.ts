/** Numbers and emits the events of a response. Without a listener no event is created. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { OutputItem } from "../../../contracts/http/responses/response.ts";
import type { SerializedEvent } from "../preserialized.ts";

export type OutgoingEvent = ResponseEvent | SerializedEvent<ResponseEvent>;

/** Emits the next event. Its values must not change afterwards. */
export type Emit = (createEvent: (sequence_number: number) => OutgoingEvent) => void;

export function createEventEmitter(listener: ((event: OutgoingEvent) => void) | undefined): Emit {
  let next = 0;
  return listener === undefined ? () => {} : (createEvent) => listener(createEvent(next++));
}

/** The id of an item, and its index in the output. */
export interface ItemLocation {
  readonly id: string;
  readonly index: number;
}

export type FinalItemStatus = "completed" | "incomplete";

export function emitItemAdded(emit: Emit, output_index: number, item: OutputItem): void {
  emit((sequence_number) => ({ type: "response.output_item.added", sequence_number, output_index, item }));
}

export function emitItemDone(emit: Emit, output_index: number, item: OutputItem): void {
  emit((sequence_number) => ({ type: "response.output_item.done", sequence_number, output_index, item }));
}
