/** A run as a response: told event by event, and kept on the way where it is stored. */
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { Clock } from "../../lib/ports.ts";
import type { RunEvent } from "../../agent/types.ts";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import { mapAsyncIterable } from "../../lib/map-stream.ts";
import { replaceWithFailure, toEndError } from "./terminal-state.ts";
import { createResponseAccumulator, type ResponseMetadata } from "./response-accumulator.ts";
import type { ResponseWriter } from "./response-writer.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

interface ResponseStreamDeps {
  readonly metadata: ResponseMetadata;
  readonly clock: Clock;
  /** Absent when nothing is stored. */
  readonly writer: ResponseWriter | undefined;
  /** Does the caller want to see the events? */
  readonly emitsEvents: boolean;
  /** The run's turn has come. */
  readonly onStart: () => void;
}

export interface ResponseStream {
  /** Tells that the response waits for its turn; where it is stored, it is found from here on. */
  enqueue(): Promise<void>;
  /** What was told is stored before an item's end, and the response's, are given away. Throws the run's failure. */
  consume(run: AsyncIterable<RunEvent>): AsyncIterable<OutgoingEvent>;
  /** What `tell` has not given away when it throws: the events that say so. */
  fail(error: GatewayError): readonly OutgoingEvent[];
  /** As it stands. */
  readonly response: Response;
}

type RunEnd = Extract<RunEvent, { type: "end" }>;

export function createResponseStream(deps: ResponseStreamDeps): ResponseStream {
  const { writer } = deps;
  let newEvents: OutgoingEvent[] = [];
  const accumulator = createResponseAccumulator(deps.metadata, {
    clock: deps.clock,
    listener: deps.emitsEvents || writer !== undefined ? (event) => void newEvents.push(event) : undefined,
  });
  let stage: "new" | "begun" | "ended" = "new";
  let undelivered: readonly OutgoingEvent[] = [];

  const takeEvents = (event?: RunEvent): readonly OutgoingEvent[] => {
    if (event !== undefined) accumulator.push(event);
    const events = newEvents;
    newEvents = [];
    if (stage === "begun") writer?.appendEvents(events);
    return events;
  };
  const createStored = async (): Promise<void> => {
    await writer?.create(accumulator.response);
    stage = "begun";
  };
  /** The response ends here, whatever the run would have become. */
  const recordFailure = (failure: GatewayError): void => {
    const stored = stage === "begun" ? writer : undefined;
    stage = "ended";
    const end: RunEnd = { type: "end", reason: "error", usage: undefined, error: failure };
    const last = takeEvents(end);
    undelivered = [...undelivered, ...last];
    // Who looks it up has to learn it too.
    void stored?.finishWithRetries(accumulator.response, last);
  };

  async function start(event: RunEvent): Promise<readonly OutgoingEvent[]> {
    const isQueued = stage === "begun";
    if (!isQueued) await createStored();
    const events = takeEvents(event);
    if (isQueued) await withholdUntilStored(events, writer?.start());
    deps.onStart();
    return events;
  }

  /** Gives the events away once they are durable. */
  async function withholdUntilStored(
    events: readonly OutgoingEvent[],
    stored: Promise<void> | undefined,
  ): Promise<readonly OutgoingEvent[]> {
    undelivered = events;
    try {
      await stored;
    } catch (thrown) {
      recordFailure(toGatewayError(thrown));
      throw thrown;
    }
    undelivered = [];
    return events;
  }

  async function end(event: RunEnd): Promise<readonly OutgoingEvent[]> {
    const stored = stage === "begun" ? writer : undefined;
    const isFailure = event.reason === "error" || event.reason === "aborted";
    stage = "ended";
    undelivered = takeEvents(event);
    try {
      await stored?.finish(accumulator.response, undelivered);
    } catch (thrown) {
      if (!isFailure) undelivered = replaceWithFailure(undelivered, toGatewayError(thrown));
      void stored?.finishWithRetries(findFinalResponse(undelivered) ?? accumulator.response, undelivered);
      throw thrown;
    }
    if (isFailure) throw toEndError(event);
    return undelivered;
  }

  return {
    async enqueue() {
      accumulator.begin("queued");
      await createStored();
      takeEvents();
    },
    consume: (run) =>
      mapAsyncIterable(run, (event) => {
        if (event.type === "start") return start(event);
        if (event.type === "end") return end(withTextFormatParam(event));
        const events = takeEvents(event);
        return writer !== undefined && events.some(isItemDone)
          ? withholdUntilStored(events, writer.flush())
          : events;
      }),
    fail(error) {
      if (stage !== "ended") recordFailure(error);
      return undelivered;
    },
    get response() {
      return accumulator.response;
    },
  };
}

/** The response as the last of its events has it. */
function findFinalResponse(events: readonly OutgoingEvent[]): Response | undefined {
  const last = events.at(-1);
  return typeof last === "object" && "response" in last ? last.response : undefined;
}

function isItemDone(event: OutgoingEvent): boolean {
  return typeof event === "object" && event.type === "response.output_item.done";
}

/** Models name the field as chat has it. */
function withTextFormatParam(end: RunEnd): RunEnd {
  const { error } = end;
  if (error?.param !== "response_format") return end;
  const { code, message, retryAfterSeconds, retry, cause } = error;
  const details = { param: "text.format", retryAfterSeconds, retry, cause };
  return { ...end, error: new GatewayError(code, message, details) };
}
