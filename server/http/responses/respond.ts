/** A run as a response: told event by event, and kept on the way where it is stored. */
import type { Response } from "../../../contracts/http/responses/response.ts";
import type { Clock, RunEvent } from "../../agent/types.ts";
import { GatewayError, toGatewayError } from "../../errors.ts";
import { mapped } from "../../mapped.ts";
import { failedInstead, failureOf } from "./endings.ts";
import { createResponseMachine, type ResponseFace } from "./machine.ts";
import type { ResponseRecord } from "./record.ts";
import type { ToldEvent } from "./teller.ts";

interface RespondingParts {
  readonly face: ResponseFace;
  readonly clock: Clock;
  /** Absent when nothing is stored. */
  readonly record: ResponseRecord | undefined;
  /** Does the caller want to see the events? */
  readonly listen: boolean;
  /** The run's turn has come. */
  readonly onStart: () => void;
}

export interface Responding {
  /** Tells that the response waits for its turn; where it is stored, it is found from here on. */
  queue(): Promise<void>;
  /** What was told is stored before an item's end, and the response's, are given away. Throws the run's failure. */
  tell(run: AsyncIterable<RunEvent>): AsyncIterable<ToldEvent>;
  /** What `tell` has not given away when it throws: the events that say so. */
  lastWords(error: GatewayError): readonly ToldEvent[];
  /** As it stands. */
  readonly response: Response;
}

type RunEnd = Extract<RunEvent, { type: "end" }>;

export function createResponding(parts: RespondingParts): Responding {
  const { record } = parts;
  let told: ToldEvent[] = [];
  const machine = createResponseMachine(parts.face, {
    clock: parts.clock,
    listener: parts.listen || record !== undefined ? (event) => void told.push(event) : undefined,
  });
  let stage: "new" | "begun" | "ended" = "new";
  let withheld: readonly ToldEvent[] = [];

  const take = (event?: RunEvent): readonly ToldEvent[] => {
    if (event !== undefined) machine.take(event);
    const events = told;
    told = [];
    if (stage === "begun") record?.add(events);
    return events;
  };
  const begin = async (): Promise<void> => {
    await record?.begin(machine.response);
    stage = "begun";
  };
  /** The response ends here, whatever the run would have become. */
  const fail = (failure: GatewayError): void => {
    const stored = stage === "begun" ? record : undefined;
    stage = "ended";
    const end: RunEnd = { type: "end", reason: "error", usage: undefined, error: failure };
    const last = take(end);
    withheld = [...withheld, ...last];
    // Who looks it up has to learn it too.
    void stored?.finishSometime(machine.response, last);
  };

  async function start(event: RunEvent): Promise<readonly ToldEvent[]> {
    const queued = stage === "begun";
    if (!queued) await begin();
    const events = take(event);
    if (queued) await keep(events, record?.start());
    parts.onStart();
    return events;
  }

  /** Gives the events away once they are durable. */
  async function keep(
    events: readonly ToldEvent[],
    kept: Promise<void> | undefined,
  ): Promise<readonly ToldEvent[]> {
    withheld = events;
    try {
      await kept;
    } catch (thrown) {
      fail(toGatewayError(thrown));
      throw thrown;
    }
    withheld = [];
    return events;
  }

  async function end(event: RunEnd): Promise<readonly ToldEvent[]> {
    const stored = stage === "begun" ? record : undefined;
    const failed = event.reason === "error" || event.reason === "aborted";
    stage = "ended";
    withheld = take(event);
    try {
      await stored?.finish(machine.response, withheld);
    } catch (thrown) {
      if (!failed) withheld = failedInstead(withheld, toGatewayError(thrown));
      void stored?.finishSometime(endOf(withheld) ?? machine.response, withheld);
      throw thrown;
    }
    if (failed) throw failureOf(event);
    return withheld;
  }

  return {
    async queue() {
      machine.open("queued");
      await begin();
      take();
    },
    tell: (run) =>
      mapped(run, (event) => {
        if (event.type === "start") return start(event);
        if (event.type === "end") return end(renamed(event));
        const events = take(event);
        return record !== undefined && events.some(endsItem) ? keep(events, record.flush()) : events;
      }),
    lastWords(error) {
      if (stage !== "ended") fail(error);
      return withheld;
    },
    get response() {
      return machine.response;
    },
  };
}

/** The response as the last of its events has it. */
function endOf(events: readonly ToldEvent[]): Response | undefined {
  const last = events.at(-1);
  return typeof last === "object" && "response" in last ? last.response : undefined;
}

function endsItem(event: ToldEvent): boolean {
  return typeof event === "object" && event.type === "response.output_item.done";
}

/** Models name the field as chat has it. */
function renamed(end: RunEnd): RunEnd {
  const { error } = end;
  if (error?.param !== "response_format") return end;
  const { code, message, retryAfterSeconds, retry, cause } = error;
  const details = { param: "text.format", retryAfterSeconds, retry, cause };
  return { ...end, error: new GatewayError(code, message, details) };
}
