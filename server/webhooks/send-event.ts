/** One attempt to deliver an event: builds, signs and sends it, and reads what the answer means. */
import type { WebhookEvent } from "../../contracts/webhook-event.ts";
import type { GuardedPost } from "../fetch/guarded-post.ts";
import type { Clock } from "../lib/ports.ts";
import type { WebhookDelivery } from "../lib/webhook-queue.ts";
import { signEvent } from "./sign-event.ts";

export interface Receiver {
  readonly url: string;
  readonly secrets: readonly string[];
  readonly allowPrivateNetwork: boolean;
}

/** `gone`: the receiver wants no more events. */
export type SendOutcome =
  | { readonly outcome: "delivered"; readonly status: number }
  | { readonly outcome: "gone" }
  | {
      readonly outcome: "failed";
      readonly reason: string;
      /** The receiver's `Retry-After`, in seconds. */
      readonly retryAfterSeconds?: number | undefined;
    };

interface SendDeps {
  readonly post: GuardedPost;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Throws only the reason of an aborted `signal`. */
export async function sendEvent(
  delivery: WebhookDelivery,
  { url, secrets, allowPrivateNetwork }: Receiver,
  signal: AbortSignal,
  { post, timeoutMs, clock }: SendDeps,
): Promise<SendOutcome> {
  const id = delivery.eventId;
  const body = JSON.stringify(toEvent(delivery));
  const timestamp = Math.floor(clock() / 1_000);
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signEvent({ id, timestamp, body }, secrets),
  };
  const answer = await post({ url, headers, body, allowPrivateNetwork, timeoutMs, signal });
  if ("rejected" in answer) return { outcome: "failed", reason: answer.rejected };
  const { status, retryAfterSeconds } = answer;
  if (status >= 200 && status < 300) return { outcome: "delivered", status };
  if (status === 410) return { outcome: "gone" };
  const isRedirect = status >= 300 && status < 400;
  return {
    outcome: "failed",
    reason: isRedirect ? `it redirects (${status}), which is not followed` : `it answered ${status}`,
    retryAfterSeconds,
  };
}

const toEvent = ({ eventId, createdAt, type, responseId }: WebhookDelivery): WebhookEvent => ({
  object: "event",
  id: eventId,
  created_at: Math.floor(createdAt / 1_000),
  type,
  data: { id: responseId },
});
