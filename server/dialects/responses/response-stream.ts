/** Streams a run as the events of its response, and stores them on the way. */
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { Clock, Sink } from "../../lib/ports.ts";
import type { RunEvent, StartRun } from "../../agent/types.ts";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import { pushInOrder } from "../../lib/push-in-order.ts";
import { replaceWithFailure, toEndError } from "./terminal-state.ts";
import { createResponseAccumulator, type ResponseMetadata } from "./response-accumulator.ts";
import type { ResponseWriter } from "./response-writer.ts";
import type { OutgoingEvent } from "./event-emitter.ts";

interface ResponseStreamDeps {
  readonly metadata: ResponseMetadata;
  readonly clock: Clock;
  /** Undefined when the response is not stored. */
  readonly writer: ResponseWriter | undefined;
  /** Whether the client receives the events. */
  readonly emitsEvents: boolean;
  /** Called when the run leaves the queue. */
  readonly onStart: () => void;
  /** After this time without an event the state of the response is emitted again, in milliseconds. */
  readonly repeatStateMs: number;
  /** Ends the run when its response cannot be stored. */
  readonly abortRun: (error: GatewayError) => void;
}

export interface ResponseStream {
  /** Starts the response as `queued`. Once this resolves, a stored response can be retrieved. */
  enqueue(): Promise<void>;
  /**
   * Starts the run and pushes its events. The end of an item or of the response is stored before it is pushed. Rejects with
   * the run's error.
   */
  push(run: StartRun, sink: Sink<OutgoingEvent>): Promise<void>;
  /** Ends the response, unless it has ended. Returns the events that `push` has not pushed. */
  fail(error: GatewayError): readonly OutgoingEvent[];
  /** The current response. */
  getResponse(): Response;
}

type RunEnd = Extract<RunEvent, { type: "end" }>;
const silence = { type: "silence" } as const;

export function createResponseStream(deps: ResponseStreamDeps): ResponseStream {
  const { writer } = deps;
  let newEvents: OutgoingEvent[] = [];
  const accumulator = createResponseAccumulator(deps.metadata, {
    clock: deps.clock,
    listener: deps.emitsEvents || writer !== undefined ? (event) => void newEvents.push(event) : undefined,
  });
  let stage: "new" | "in_progress" | "ended" = "new";
  let undelivered: readonly OutgoingEvent[] = [];
  let silenceTimer: NodeJS.Timeout | undefined;

  const takeEvents = (event?: RunEvent): readonly OutgoingEvent[] => {
    if (event !== undefined) accumulator.push(event);
    const events = newEvents;
    newEvents = [];
    // The response has no event for some run events, such as output of the agent's own tools.
    if (events.length > 0) silenceTimer?.refresh();
    if (stage === "in_progress") writer?.appendEvents(events);
    return events;
  };
  const createStored = async (): Promise<void> => {
    await writer?.create(accumulator.getResponse());
    stage = "in_progress";
  };
  /** Ends the response with this error, whatever the run does. */
  const recordFailure = (failure: GatewayError): void => {
    const stored = stage === "in_progress" ? writer : undefined;
    stage = "ended";
    const end: RunEnd = { type: "end", reason: "error", usage: undefined, error: failure };
    const last = takeEvents(end);
    undelivered = [...undelivered, ...last];
    // A later retrieval must show the failure as well.
    void stored?.finishWithRetries(accumulator.getResponse(), last);
  };

  /** Returns the first events. What is not stored waits for nothing. */
  function start(event: RunEvent): readonly OutgoingEvent[] | Promise<readonly OutgoingEvent[]> {
    if (writer !== undefined) return startStored(event);
    stage = "in_progress";
    const events = takeEvents(event);
    deps.onStart();
    return events;
  }

  async function startStored(event: RunEvent): Promise<readonly OutgoingEvent[]> {
    const isQueued = stage === "in_progress";
    if (!isQueued) await createStored();
    const events = takeEvents(event);
    if (isQueued) await withholdUntilStored(events, writer?.start());
    deps.onStart();
    return events;
  }

  /** Returns the events once they are durable. */
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

  function end(event: RunEnd): readonly OutgoingEvent[] | Promise<readonly OutgoingEvent[]> {
    const stored = stage === "in_progress" ? writer : undefined;
    stage = "ended";
    undelivered = takeEvents(event);
    if (stored !== undefined) return endStored(event, stored);
    if (isFailure(event)) throw toEndError(event);
    return undelivered;
  }

  async function endStored(event: RunEnd, stored: ResponseWriter): Promise<readonly OutgoingEvent[]> {
    try {
      await stored.finish(accumulator.getResponse(), undelivered);
    } catch (thrown) {
      if (!isFailure(event)) undelivered = replaceWithFailure(undelivered, toGatewayError(thrown));
      void stored.finishWithRetries(findFinalResponse(undelivered) ?? accumulator.getResponse(), undelivered);
      throw thrown;
    }
    if (isFailure(event)) throw toEndError(event);
    return undelivered;
  }

  /** Some clients end a stream that has no event for minutes; comments are none. It begins while the run still waits. */
  const repeatState = (): readonly OutgoingEvent[] | Promise<readonly OutgoingEvent[]> => {
    if (stage === "ended" || (stage === "new" && !deps.emitsEvents)) return [];
    accumulator.begin("in_progress");
    if (newEvents.length === 0) accumulator.repeatState();
    return stage === "new" && writer !== undefined ? createStored().then(() => takeEvents()) : takeEvents();
  };

  const toEvents = (
    event: RunEvent | typeof silence,
  ): readonly OutgoingEvent[] | Promise<readonly OutgoingEvent[]> => {
    if (event.type === "silence") return repeatState();
    if (event.type === "start") return start(event);
    if (event.type === "end") return end(withTextFormatParam(event));
    const events = takeEvents(event);
    return writer !== undefined && events.some(isItemDone)
      ? withholdUntilStored(events, writer.flush())
      : events;
  };

  return {
    async enqueue() {
      accumulator.begin("queued");
      await createStored();
      takeEvents();
    },
    async push(run, sink) {
      const queue = pushInOrder(sink, toEvents, (error) => deps.abortRun(toGatewayError(error)));
      silenceTimer = setInterval(() => queue.emit(silence), deps.repeatStateMs);
      try {
        await run(queue);
        await queue.flush();
      } finally {
        clearInterval(silenceTimer);
      }
    },
    fail(error) {
      if (stage !== "ended") recordFailure(error);
      return undelivered;
    },
    getResponse: accumulator.getResponse,
  };
}

const isFailure = ({ reason }: RunEnd): boolean => reason === "error" || reason === "aborted";

/** Returns the response of the last event. */
function findFinalResponse(events: readonly OutgoingEvent[]): Response | undefined {
  const last = events.at(-1);
  return typeof last === "object" && "response" in last ? last.response : undefined;
}

function isItemDone(event: OutgoingEvent): boolean {
  return typeof event === "object" && event.type === "response.output_item.done";
}

/** Model errors name this field as chat completions does. */
function withTextFormatParam(end: RunEnd): RunEnd {
  const { error } = end;
  if (error?.param !== "response_format") return end;
  const { code, message, retryAfterSeconds, retry, cause } = error;
  const details = { param: "text.format", retryAfterSeconds, retry, cause };
  return { ...end, error: new GatewayError(code, message, details) };
}
