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
  /** `ended`, here and below, is aborted when the caller's credential has ended: so is the work, with its reason. */
  watch(res: ServerResponse, ended?: AbortSignal): Departure;
  /** The same for a caller whose leaving a signal tells. */
  attach(gone: AbortSignal, ended?: AbortSignal): Departure;
  /** For work that goes on when its caller has left. */
  detach(ended?: AbortSignal): Departure;
  /** Aborts everything in progress, with the error that the callers are told. */
  abortAll(reason: GatewayError): void;
  /** Resolves when nothing is in progress, or after `maxMs`. */
  idle(maxMs: number): Promise<void>;
}

export function createDepartures(): Departures {
  const running = new Set<AbortController>();
  const waiting = new Set<() => void>();
  const begin = (ended?: AbortSignal): { controller: AbortController; end: () => void } => {
    const controller = new AbortController();
    const onEnded = (): void => controller.abort(ended?.reason);
    if (ended?.aborted) onEnded();
    else ended?.addEventListener("abort", onEnded);
    running.add(controller);
    const end = (): void => {
      ended?.removeEventListener("abort", onEnded);
      running.delete(controller);
      if (running.size === 0) for (const resolve of waiting) resolve();
    };
    return { controller, end };
  };
  return {
    watch(res, ended) {
      const { controller, end } = begin(ended);
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
          end();
        },
      };
    },
    attach(gone, ended) {
      const { controller, end } = begin(ended);
      const onGone = (): void => controller.abort();
      if (gone.aborted) onGone();
      else gone.addEventListener("abort", onGone);
      const outlive = (): void => gone.removeEventListener("abort", onGone);
      return {
        signal: controller.signal,
        outlive,
        done() {
          outlive();
          end();
        },
      };
    },
    detach(ended) {
      const { controller, end } = begin(ended);
      return { signal: controller.signal, outlive: () => {}, done: end };
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
