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
  /** For work that goes on when its caller has left. */
  detach(): Departure;
  /** Aborts everything in progress, with the error that the callers are told. */
  abortAll(reason: GatewayError): void;
  /** Resolves when nothing is in progress, or after `maxMs`. */
  idle(maxMs: number): Promise<void>;
}

export function createDepartures(): Departures {
  const running = new Set<AbortController>();
  const waiting = new Set<() => void>();
  const begin = (): AbortController => {
    const controller = new AbortController();
    running.add(controller);
    return controller;
  };
  const end = (controller: AbortController): void => {
    running.delete(controller);
    if (running.size === 0) for (const resolve of waiting) resolve();
  };
  return {
    watch(res) {
      const controller = begin();
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
          res.off("close", onClose);
          end(controller);
        },
      };
    },
    detach() {
      const controller = begin();
      return { signal: controller.signal, outlive: () => {}, done: () => end(controller) };
    },
    abortAll(reason) {
      for (const controller of running) controller.abort(reason);
    },
    idle: (maxMs) =>
      new Promise((resolve) => {
        const settle = (): void => {
          clearTimeout(timer);
          waiting.delete(settle);
          resolve();
        };
        const timer = setTimeout(settle, running.size === 0 ? 0 : maxMs);
        waiting.add(settle);
      }),
  };
}
