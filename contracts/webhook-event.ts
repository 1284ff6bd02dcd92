/** The events that `gateway.webhooks` receive: OpenAI's, about background responses. */
import { z } from "zod";
import { shortText } from "./limits.ts";

export const webhookEventTypes = [
  "response.completed",
  "response.failed",
  "response.incomplete",
  "response.cancelled",
] as const;

export const WebhookEventType = z
  .enum(webhookEventTypes)
  .meta({ id: "WebhookEventType", description: "How a background response ended." });
export type WebhookEventType = z.output<typeof WebhookEventType>;

/** How long an event is delivered, in hours. */
export const webhookRetryHours = 24;
/** How long a receiver has for its answer, in seconds. */
export const webhookTimeoutSeconds = 15;

export const WebhookEvent = z
  .object({
    object: z.literal("event").describe("Always `event`."),
    id: shortText().describe("Id of the event, also in `webhook-id`. The same at every attempt."),
    created_at: z.int().describe("When the response ended: Unix time in seconds."),
    type: WebhookEventType,
    data: z
      .object({ id: shortText().describe("Id of the response. `retrieveResponse` returns it.") })
      .meta({ id: "WebhookData", description: "The response that has ended." }),
  })
  .meta({
    id: "WebhookEvent",
    description: "A background response has ended. The event does not have its output.",
  });
export type WebhookEvent = z.output<typeof WebhookEvent>;

/** The headers of a delivery, by Standard Webhooks. */
export const WebhookHeaders = z.object({
  "webhook-id": shortText().describe(
    "Id of the event. The same at every attempt: ignore one that came before.",
  ),
  "webhook-timestamp": shortText().describe("When the attempt was made: Unix time in seconds."),
  "webhook-signature": shortText().describe(
    "One `v1,` and Base64 for each secret of the receiver, with spaces between: HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`.",
  ),
});

/** What each event means. */
export const webhookSummaries: Readonly<Record<WebhookEventType, string>> = {
  "response.completed": "A background response is complete",
  "response.failed": "A background response has failed",
  "response.incomplete": "A background response ended early",
  "response.cancelled": "A background response was cancelled",
};

/** An event as a receiver gets it, for the documentation. */
export const createWebhookExample = (type: WebhookEventType): WebhookEvent => ({
  object: "event",
  id: "evt_7f1c0d2e9a3b4c5d8e6f0a1b2c3d4e5f",
  created_at: 1_798_761_600,
  type,
  data: { id: "resp_0a1b2c3d4e5f60718293a4b5c6d7e8f9" },
});
