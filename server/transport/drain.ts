/** Lets the work in flight end before the gateway does: says what it waits for, and ends what is left. */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { GatewayError } from "../lib/errors.ts";
import type { Log } from "../lib/ports.ts";
import type { InFlightRequests } from "./in-flight.ts";

interface DrainDeps {
  readonly inFlight: InFlightRequests;
  /** Ends the runs that wait for their turn, and returns how many there were. */
  readonly endWaitingRuns: (reason: GatewayError) => number;
  /** `gateway.limits.drainMs` */
  readonly drainMs: number;
  readonly log: Log;
}

/** Work that ends within this time is not named. */
const nameAfterMs = 1_000;
/** Runs that have not begun by then are ended: nothing of them is stored, and their callers can retry elsewhere. */
const endWaitingAfterMs = 5_000;
const maxNamed = 20;
/** Time for aborted work to answer its callers. */
const abortMs = 2_000;

export async function drain({ inFlight, endWaitingRuns, drainMs, log }: DrainDeps): Promise<void> {
  const startedAt = performance.now();
  const waitUntil = async (ms: number): Promise<boolean> => {
    const isIdle = await inFlight.waitForIdle(
      Math.max(0, Math.min(ms, drainMs) - (performance.now() - startedAt)),
    );
    // What has ended just now writes its answer before the event loop goes on.
    if (isIdle) await yieldToEventLoop();
    return isIdle;
  };

  if (await waitUntil(nameAfterMs)) return;
  for (const { name, id } of inFlight.list().slice(0, maxNamed))
    log.info("the end of the gateway waits for work", { work: name, id, maxSeconds: drainMs / 1_000 });
  if (await waitUntil(endWaitingAfterMs)) return;
  const waiting = endWaitingRuns(createStopError());
  if (waiting > 0) log.info("runs that waited for their turn were ended", { count: waiting });
  if (await waitUntil(drainMs)) return;
  for (const { name, id } of inFlight.list().slice(0, maxNamed))
    log.warn("work was ended, because its time is over", { work: name, id });
  inFlight.abortAll(createStopError());
  await inFlight.waitForIdle(abortMs);
}

const createStopError = (): GatewayError =>
  new GatewayError("shutting_down", "The gateway is stopping; the run was ended.", { retryAfterSeconds: 5 });
