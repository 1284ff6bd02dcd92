/** Delivers the queue of one receiver, a few events at a time. Other receivers do not wait for it. */
import { setTimeout as pause } from "node:timers/promises";
import { describeError } from "../lib/errors.ts";
import type { Log } from "../lib/ports.ts";
import { formatReceiver, type WebhookDelivery, type WebhookQueue } from "../lib/webhook-queue.ts";
import type { Receiver, SendOutcome } from "./send-event.ts";

export interface DeliveryTimes {
  /** The wait after the first attempt. Each later one is four times as long, up to four hours. */
  readonly firstRetryMs: number;
  /** The longest wait between two looks at the queue: other nodes may have added events. */
  readonly pollMs: number;
  readonly timeoutMs: number;
}

interface QueueDeps {
  readonly queue: WebhookQueue;
  readonly send: (delivery: WebhookDelivery, receiver: Receiver, signal: AbortSignal) => Promise<SendOutcome>;
  /** Read at each attempt. */
  readonly getReceiver: () => Receiver;
  readonly observe: (outcome: AttemptOutcome) => void;
  /** The receiver has answered 410. Nothing more is sent to it. */
  readonly onGone: () => void;
  readonly times: DeliveryTimes;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: Log;
}

export type AttemptOutcome = "delivered" | "failed" | "gone" | "given_up";

export interface QueueDelivery {
  /** Looks at the queue now. */
  wake(): void;
  /** Ends the attempts at work; they are made again later. Resolves when nothing uses the queue any more. */
  close(): Promise<void>;
}

const maxAttemptsAtOnce = 4;
const maxRetryMs = 4 * 3_600_000;

export function deliverQueue(deps: QueueDeps): QueueDelivery {
  const { queue, send, getReceiver, observe, onGone, times, random, log } = deps;
  const { url } = getReceiver();
  const receiver = formatReceiver(url);
  const closing = new AbortController();
  const attempts = new Set<Promise<void>>();
  /** Longer than an attempt, so that a claim ends only when its process is gone. */
  const leaseMs = 2 * times.timeoutMs + 30_000;
  let wakeUp = Promise.withResolvers<void>();
  let isFailing = false;

  const wake = (): void => wakeUp.resolve();

  const settle = async (delivery: WebhookDelivery, result: SendOutcome): Promise<void> => {
    const { eventId, type, responseId, attempt } = delivery;
    const fields = { receiver, eventId, type, responseId, attempt };
    if (result.outcome === "delivered") {
      await queue.remove(delivery);
      observe("delivered");
      log.info("a webhook event was delivered", { ...fields, status: result.status });
      return;
    }
    if (result.outcome === "gone") {
      onGone();
      await queue.remove(delivery);
      observe("gone");
      log.warn("a webhook receiver answered 410: it gets no events until the gateway restarts", fields);
      return;
    }
    const { reason, retryAfterSeconds = 0 } = result;
    const retryAfterMs = Math.min(maxRetryMs, retryAfterSeconds * 1_000);
    // `Retry-After` makes the wait longer, never shorter.
    const delayMs = Math.max(retryAfterMs, planRetry(attempt, times.firstRetryMs, random()));
    if (await queue.retry(delivery, delayMs)) {
      observe("failed");
      log.warn("a webhook event was not delivered, and is sent again later", { ...fields, reason, delayMs });
    } else {
      observe("given_up");
      log.error("a webhook event was given up", { ...fields, reason });
    }
  };
  const attempt = async (delivery: WebhookDelivery): Promise<void> => {
    try {
      const result = await send(delivery, getReceiver(), closing.signal).catch((error: unknown) => {
        if (!closing.signal.aborted) throw error;
        return undefined;
      });
      await (result === undefined ? queue.release(delivery) : settle(delivery, result));
    } catch (error) {
      // The claim ends by itself, and the event is sent again.
      log.warn("the outcome of a webhook event could not be stored", {
        receiver,
        cause: describeError(error),
      });
    }
  };
  const startAttempts = async (): Promise<number> => {
    const room = maxAttemptsAtOnce - attempts.size;
    // The end of an attempt wakes the loop.
    if (room === 0) return times.pollMs;
    const { deliveries, nextInMs = times.pollMs } = await queue.claim(url, room, leaseMs);
    for (const delivery of deliveries) {
      const work = attempt(delivery).finally(() => {
        attempts.delete(work);
        wake();
      });
      attempts.add(work);
    }
    return Math.min(nextInMs, times.pollMs);
  };
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      wakeUp = Promise.withResolvers();
      const waitMs = await startAttempts().then(
        (ms) => {
          isFailing = false;
          return ms;
        },
        (error: unknown) => {
          if (!isFailing)
            log.warn("webhook events cannot be read", { receiver, cause: describeError(error) });
          isFailing = true;
          return times.pollMs;
        },
      );
      const timer = new AbortController();
      const wait = pause(waitMs, undefined, { ref: false, signal: timer.signal }).catch(() => {});
      await Promise.race([wakeUp.promise, wait]);
      timer.abort();
    }
    await Promise.all(attempts);
  };
  const running = run();

  return {
    wake,
    close() {
      closing.abort();
      wake();
      return running;
    },
  };
}

/** Returns how long to wait after this attempt, up to a fifth shorter or longer, so that not all events come back at once. */
function planRetry(attempt: number, firstRetryMs: number, random: number): number {
  const delayMs = Math.min(maxRetryMs, firstRetryMs * 4 ** (attempt - 1));
  return Math.round(delayMs * (0.8 + 0.4 * random));
}
