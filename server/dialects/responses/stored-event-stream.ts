/** The events of a stored response as a stream: those that were told, then those to come. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { ResponseStatus, ResponseStore } from "../../agent/sessions/responses.ts";
import { GatewayError } from "../../lib/errors.ts";
import { typeOfSerialized, type SerializedEvent } from "../preserialized.ts";
import { createErrorEvent } from "./terminal-state.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

interface StoredEventStream {
  readonly events: AsyncIterable<OutgoingEvent>;
  /** What is missing where the stream ends without its end. */
  readonly toFailureEvents: (error: GatewayError) => readonly OutgoingEvent[];
}

const successStatuses: ReadonlySet<ResponseStatus | undefined> = new Set(["completed", "incomplete"]);
/** Their events say so. */
const failureStatuses: ReadonlySet<ResponseStatus | undefined> = new Set(["failed", "cancelled"]);

/** From event `from` on. A response that has failed throws in the end: it is no stream that ended well. */
export function createStoredEventStream(
  store: Pick<ResponseStore, "follow" | "get">,
  { id, viewer }: { readonly id: string; readonly viewer: string },
  firstSequenceNumber: number,
  signal: AbortSignal,
): StoredEventStream {
  let next = firstSequenceNumber;
  let status: ResponseStatus | undefined;

  async function* events(): AsyncGenerator<OutgoingEvent> {
    let last = "";
    for await (const { seq, data } of store.follow(id, firstSequenceNumber, signal)) {
      next = seq + 1;
      last = typeOfSerialized(data);
      yield data as SerializedEvent<ResponseEvent>;
    }
    if (last === "response.completed" || last === "response.incomplete") return;
    // The gateway stops: how the response ends is told to whoever asks again.
    if (signal.reason instanceof GatewayError) throw signal.reason;
    status = (await store.get(id, viewer))?.status;
    if (!successStatuses.has(status))
      throw new GatewayError("run_aborted", "The response was ended before it was complete.");
  }

  return {
    events: events(),
    toFailureEvents: (error) => (failureStatuses.has(status) ? [] : [createErrorEvent(error, next)]),
  };
}
