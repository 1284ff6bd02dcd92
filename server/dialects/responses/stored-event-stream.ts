/**
 * Streams the events of a stored response: the stored ones of a background response, then new ones as they are stored.
 * Of another response no events are stored. They are built from the response when it has ended.
 */
import type { ResponseEvent } from "../../../contracts/http/responses/events.ts";
import type { ResponseStatus, ResponseStore } from "../../agent/sessions/responses.ts";
import { GatewayError } from "../../lib/errors.ts";
import { parseEventType, type SerializedEvent } from "../preserialized.ts";
import { createErrorEvent } from "./terminal-state.ts";
import type { OutgoingEvent } from "./event-emitter.ts";
import { rebuildEvents } from "./rebuild-events.ts";
import { isOpen, toResponse } from "./stored-response.ts";

interface StoredEventStream {
  readonly events: AsyncIterable<OutgoingEvent>;
  /** Returns the events that a stream without a terminal event still needs. */
  readonly toFailureEvents: (error: GatewayError) => readonly OutgoingEvent[];
}

interface StoredResponseName {
  readonly id: string;
  /** Name of the credential that reads it. */
  readonly viewer: string;
}

type EventReader = Pick<ResponseStore, "follow" | "get">;

const successStatuses: ReadonlySet<ResponseStatus | undefined> = new Set(["completed", "incomplete"]);
/** The stored events of such a response end with its failure. */
const failureStatuses: ReadonlySet<ResponseStatus | undefined> = new Set(["failed", "cancelled"]);

/** Starts at `firstSequenceNumber`. Throws after the last event of a failed response, so that no `[DONE]` follows. */
export function createStoredEventStream(
  store: EventReader,
  { id, viewer }: StoredResponseName,
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
    if (!successStatuses.has(status)) throw createIncompleteError();
  }

  return {
    events: events(),
    toFailureEvents: (error) => (failureStatuses.has(status) ? [] : [createErrorEvent(error, next)]),
  };
}

/** Like `createStoredEventStream`, for a response whose events are not stored. Waits for its end. */
export function createRebuiltEventStream(
  store: EventReader,
  { id, viewer }: StoredResponseName,
  firstSequenceNumber: number,
  signal: AbortSignal,
): StoredEventStream {
  let hasFailed = false;

  async function* events(): AsyncGenerator<OutgoingEvent> {
    for await (const _ of store.follow(id, 0, signal));
    if (signal.reason instanceof GatewayError) throw signal.reason;
    const stored = await store.get(id, viewer);
    if (stored === undefined || isOpen(stored)) throw createIncompleteError();
    const response = toResponse(stored);
    yield* rebuildEvents(response).slice(firstSequenceNumber);
    hasFailed = !successStatuses.has(response.status);
    if (hasFailed) throw createIncompleteError();
  }

  return {
    events: events(),
    toFailureEvents: (error) => (hasFailed ? [] : [createErrorEvent(error, firstSequenceNumber)]),
  };
}

const createIncompleteError = (): GatewayError =>
  new GatewayError("run_aborted", "The response ended before it was complete.");
