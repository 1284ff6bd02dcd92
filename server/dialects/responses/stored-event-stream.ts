/** Streams the events of a stored response: those that are stored, then new ones as they are stored. */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { ResponseStatus, ResponseStore } from "../../agent/sessions/responses.ts";
import { GatewayError } from "../../lib/errors.ts";
import { parseEventType, type SerializedEvent } from "../preserialized.ts";
import { createErrorEvent } from "./terminal-state.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

interface StoredEventStream {
  readonly events: AsyncIterable<OutgoingEvent>;
  /** Returns the events that a stream without a terminal event still needs. */
  readonly toFailureEvents: (error: GatewayError) => readonly OutgoingEvent[];
}

const successStatuses: ReadonlySet<ResponseStatus | undefined> = new Set(["completed", "incomplete"]);
/** The stored events of such a response end with its failure. */
const failureStatuses: ReadonlySet<ResponseStatus | undefined> = new Set(["failed", "cancelled"]);

/** Starts at `firstSequenceNumber`. Throws after the last event of a failed response, so that no `[DONE]` follows. */
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
      last = parseEventType(data);
      yield data as SerializedEvent<ResponseEvent>;
    }
    if (last === "response.completed" || last === "response.incomplete") return;
    // The gateway is stopping. A later request reads how the response ended.
    if (signal.reason instanceof GatewayError) throw signal.reason;
    status = (await store.get(id, viewer))?.status;
    if (!successStatuses.has(status))
      throw new GatewayError("run_aborted", "The response ended before it was complete.");
  }

  return {
    events: events(),
    toFailureEvents: (error) => (failureStatuses.has(status) ? [] : [createErrorEvent(error, next)]),
  };
}
