/** The stored queue of events for `gateway.webhooks`. Events enter it with the end of their response, in one transaction. */
import type { WebhookEventType } from "../../contracts/webhook-event.ts";

/** Which events a receiver gets. */
export interface WebhookFilter {
  readonly url: string;
  /** Absent: all. */
  readonly types?: readonly WebhookEventType[] | undefined;
  /** Ids of agents. Absent: all. */
  readonly agents?: readonly string[] | undefined;
}

/** An event on its way to one receiver. */
export interface WebhookDelivery {
  readonly eventId: string;
  readonly url: string;
  readonly type: WebhookEventType;
  readonly responseId: string;
  /** When the response ended: milliseconds since the epoch. */
  readonly createdAt: number;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
}

interface ClaimedDeliveries {
  readonly deliveries: readonly WebhookDelivery[];
  /** Milliseconds until the next attempt is due. Undefined: none is planned. */
  readonly nextInMs: number | undefined;
}

/** Every call rejects with `storage_unavailable`. A claim ends by itself after `leaseMs`, or with its process. */
export interface WebhookQueue {
  /** Claims deliveries that are due, the oldest first. No other process gets them meanwhile. */
  claim(url: string, limit: number, leaseMs: number): Promise<ClaimedDeliveries>;
  /** The delivery has ended. */
  remove(delivery: WebhookDelivery): Promise<void>;
  /** Plans the next attempt. False when the time of the event is over by then: the delivery is removed. */
  retry(delivery: WebhookDelivery, delayMs: number): Promise<boolean>;
  /** The attempt was not made. The delivery is due at once. */
  release(delivery: WebhookDelivery): Promise<void>;
  /** Resolves to the number of deliveries that have not ended. */
  count(): Promise<number>;
  /** Calls the listener after events were added by this process. Returns a function that removes it. */
  onAdded(listener: () => void): () => void;
}

/** Names a receiver in the log: a query may have a secret. */
export function formatReceiver(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
