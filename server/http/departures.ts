/** Who is being served, and the signal that tells each request's work that its caller has left or the gateway stops. */
import type { ServerResponse } from "node:http";
import type { GatewayError } from "../errors.ts";

export interface Departure {
  readonly signal: AbortSignal;
  /** From now on the caller's leaving changes nothing; only a stop of the gateway aborts. */
  outlive(): void;
  /** The work is done. */
  done(): void;
}

export interface Departures {
  watch(res: ServerResponse): Departure;
  /** Aborts everything in progress, with the error that the callers are told. */
  abortAll(reason: GatewayError): void;
  /** Requests whose work is in progress. */
  readonly inProgress: number;
}

export function createDepartures(): Departures {
  const running = new Set<AbortController>();
  return {
    watch(res) {
      const controller = new AbortController();
      running.add(controller);
      const onClose = (): void => {
        if (!res.writableFinished) controller.abort();
      };
      // A check that waited may have outlasted its caller: no event tells of that any more.
      if (res.closed) onClose();
      else res.once("close", onClose);
      return {
        signal: controller.signal,
        outlive: () => void res.off("close", onClose),
        done: () => {
          running.delete(controller);
          res.off("close", onClose);
        },
      };
    },
    abortAll(reason) {
      for (const controller of running) controller.abort(reason);
    },
    get inProgress() {
      return running.size;
    },
  };
}
