/** What turns the bytes of an answer into model events; one for streams, one for whole replies. */
import type { ModelEvent } from "../../types.ts";

/** After an event of type `error` it is not called again. */
export interface AnswerReader {
  read(bytes: Uint8Array): readonly ModelEvent[];
  /** The answer is at its end: its last events. */
  end(): readonly ModelEvent[];
  /** Nothing more needs to be read. */
  readonly done: () => boolean;
  /** The connection may break now: the answer is complete. */
  readonly finished: () => boolean;
}
