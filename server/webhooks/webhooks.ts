/** Delivers webhook events to the receivers of the configuration, and follows its changes. */
import type { Config } from "../../contracts/config/config.ts";
import { reveal, isSecret } from "../../contracts/config/secret.ts";
import { webhookTimeoutSeconds } from "../../contracts/webhook-event.ts";
import { guardedPost } from "../fetch/guarded-post.ts";
import { createLive, type ReplaceableLive } from "../lib/live.ts";
import type { Clock, Log } from "../lib/ports.ts";
import { formatReceiver, type WebhookQueue } from "../lib/webhook-queue.ts";
import {
  deliverQueue,
  type AttemptOutcome,
  type DeliveryTimes,
  type QueueDelivery,
} from "./deliver-queue.ts";
import { sendEvent, type Receiver } from "./send-event.ts";

type WebhookConfig = Config["gateway"]["webhooks"][number];

interface WebhookDeps {
  readonly store: { readonly webhooks: WebhookQueue };
  readonly telemetry: {
    readonly recordWebhookAttempt: (outcome: AttemptOutcome, receiver: string) => void;
  };
  /** Overrides times of deliveries. */
  readonly webhookTimes?: Partial<DeliveryTimes> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Webhooks {
  /** Uses the receivers of another configuration. Attempts that are at work go on. */
  reload(receivers: readonly WebhookConfig[]): void;
  /** Resolves when nothing uses the queue any more. What is not delivered stays in it. */
  close(): Promise<void>;
}

const defaultTimes: DeliveryTimes = {
  firstRetryMs: 5_000,
  pollMs: 5_000,
  timeoutMs: webhookTimeoutSeconds * 1_000,
};

interface Delivering {
  readonly receiver: ReplaceableLive<Receiver>;
  readonly delivery: QueueDelivery;
}

export function startWebhooks(configured: readonly WebhookConfig[], deps: WebhookDeps): Webhooks {
  const { clock, log } = deps;
  const queue = deps.store.webhooks;
  const times = { ...defaultTimes, ...deps.webhookTimes };
  const byUrl = new Map<string, Delivering>();
  /** Receivers that have answered 410. */
  const gone = new Set<string>();
  const closing = new Set<Promise<void>>();

  const stop = (url: string): void => {
    const stopped = byUrl.get(url)?.delivery.close();
    byUrl.delete(url);
    if (stopped === undefined) return;
    const work = stopped.finally(() => closing.delete(work));
    closing.add(work);
  };
  const start = (config: WebhookConfig): void => {
    const { url } = config;
    const receiver = createLive(toReceiver(config));
    const delivery = deliverQueue({
      queue,
      send: (event, target, signal) =>
        sendEvent(event, target, signal, { post: guardedPost, timeoutMs: times.timeoutMs, clock }),
      getReceiver: () => receiver.current,
      observe: (outcome) => deps.telemetry.recordWebhookAttempt(outcome, formatReceiver(url)),
      onGone() {
        gone.add(url);
        stop(url);
      },
      times,
      random: Math.random,
      log,
    });
    byUrl.set(url, { receiver, delivery });
  };
  const reload = (receivers: readonly WebhookConfig[]): void => {
    const urls = new Set(receivers.map(({ url }) => url));
    for (const url of byUrl.keys()) if (!urls.has(url)) stop(url);
    for (const config of receivers) {
      const delivering = byUrl.get(config.url);
      if (delivering !== undefined) delivering.receiver.replace(toReceiver(config));
      else if (!gone.has(config.url)) start(config);
    }
  };
  const stopWatching = queue.onAdded(() => {
    for (const { delivery } of byUrl.values()) delivery.wake();
  });
  reload(configured);

  return {
    reload,
    async close() {
      stopWatching();
      for (const url of byUrl.keys()) stop(url);
      await Promise.all(closing);
    },
  };
}

const toReceiver = ({ url, secret, allowPrivateNetwork }: WebhookConfig): Receiver => ({
  url,
  secrets: (isSecret(secret) ? [secret] : secret).map(reveal),
  allowPrivateNetwork,
});
