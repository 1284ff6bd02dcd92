/** Tracks requests in flight. Each gets a signal that aborts when its caller disconnects, its key ends or the gateway stops. */
import type { ServerResponse } from "node:http";
import type { GatewayError } from "../lib/errors.ts";
import { callOnAbort, createDisconnectReason } from "../lib/abort.ts";
import { LinkedList } from "../lib/linked-list.ts";

export interface TrackedRequest {
  readonly signal: AbortSignal;
  /** From now on a disconnect does not abort the signal. A revoked key or a gateway stop still does. */
  ignoreDisconnect(): void;
  /** Ends the tracking. Call it exactly once, when the work is done. */
  finish(): void;
}

/** What is in flight, for the log. */
export interface Work {
  /** Such as `POST /v1/responses` or `chat.send`. */
  readonly name: string;
  /** Id of the request or run in the log. */
  readonly id: string;
}

export interface InFlightRequests {
  /** Aborts when the response closes early. `revoked`, here and below, aborts the signal with its own reason. */
  trackResponse(work: Work, res: ServerResponse, revoked?: AbortSignal): TrackedRequest;
  /** Aborts when `disconnected` is aborted. */
  trackSignal(work: Work, disconnected: AbortSignal, revoked?: AbortSignal): TrackedRequest;
  /** Never aborts for a disconnect. For work that continues without its caller. */
  trackDetached(work: Work, revoked?: AbortSignal): TrackedRequest;
  /** The work in flight, the oldest first. */
  list(): readonly Work[];
  /** Aborts every request in flight. `reason` is the error that callers receive. */
  abortAll(reason: GatewayError): void;
  /** Resolves to true when no request is in flight, or to false after `maxMs` milliseconds. */
  waitForIdle(maxMs: number): Promise<boolean>;
}

export function createInFlightRequests(): InFlightRequests {
  const active = new LinkedList<{ readonly controller: AbortController; readonly work: Work }>();
  const idleListeners = new Set<() => void>();
  const start = (work: Work, revoked?: AbortSignal): { controller: AbortController; stop: () => void } => {
    const controller = new AbortController();
    const stopWatching = revoked && callOnAbort(revoked, () => controller.abort(revoked.reason));
    const node = active.add({ controller, work });
    const stop = (): void => {
      stopWatching?.();
      active.remove(node);
      if (active.size === 0) for (const resolve of idleListeners) resolve();
    };
    return { controller, stop };
  };
  return {
    trackResponse(work, res, revoked) {
      const { controller, stop } = start(work, revoked);
      const onClose = (): void => {
        if (!res.writableFinished) controller.abort(createDisconnectReason(res.req.socket.errored));
      };
      // The response may have closed during an asynchronous check. `close` is not emitted again.
      if (res.closed) onClose();
      else res.once("close", onClose);
      return {
        signal: controller.signal,
        ignoreDisconnect: () => void res.off("close", onClose),
        finish: () => {
          res.off("close", onClose);
          stop();
        },
      };
    },
    trackSignal(work, disconnected, revoked) {
      const { controller, stop } = start(work, revoked);
      const onDisconnect = (): void => controller.abort();
      if (disconnected.aborted) onDisconnect();
      else disconnected.addEventListener("abort", onDisconnect);
      const ignoreDisconnect = (): void => disconnected.removeEventListener("abort", onDisconnect);
      return {
        signal: controller.signal,
        ignoreDisconnect,
        finish() {
          ignoreDisconnect();
          stop();
        },
      };
    },
    trackDetached(work, revoked) {
      const { controller, stop } = start(work, revoked);
      return { signal: controller.signal, ignoreDisconnect: () => {}, finish: stop };
    },
    list: () => Array.from(active, ({ work }) => work),
    abortAll(reason) {
      const requests = [...active];
      for (const { controller } of requests) controller.abort(reason);
    },
    waitForIdle: (maxMs) =>
      new Promise((resolve) => {
        const settle = (): void => {
          clearTimeout(timer);
          idleListeners.delete(settle);
          resolve(active.size === 0);
        };
        const timer = setTimeout(settle, active.size === 0 ? 0 : maxMs);
        idleListeners.add(settle);
      }),
  };
}
