/** Describes the events that the gateway sends to `gateway.webhooks`, as the webhooks of the document. */
import type { RouteConfig } from "@asteasolutions/zod-to-openapi";
import {
  createWebhookExample,
  WebhookEvent,
  webhookEventTypes,
  WebhookHeaders,
  webhookRetryHours,
  webhookSummaries,
  webhookTimeoutSeconds,
} from "../webhook-event.ts";
import { toPascalCase } from "./text.ts";

/** One for each type of event. */
export function createWebhooks(): readonly RouteConfig[] {
  return webhookEventTypes.map((type) => ({
    method: "post",
    path: type,
    operationId: `receive${toPascalCase(type)}`,
    tags: ["Responses"],
    summary: webhookSummaries[type],
    description: `Sent to each of \`gateway.webhooks\` that wants it, and signed by Standard Webhooks. \`webhooks.unwrap\` of OpenAI's SDKs verifies it. An event that is not accepted within ${webhookTimeoutSeconds} seconds is sent again, with longer and longer waits, for ${webhookRetryHours} hours.`,
    security: [],
    request: {
      headers: WebhookHeaders,
      body: {
        required: true,
        content: {
          "application/json": {
            schema: WebhookEvent,
            examples: { [type]: { summary: webhookSummaries[type], value: createWebhookExample(type) } },
          },
        },
      },
    },
    responses: {
      "2XX": { description: "The event is accepted." },
      410: { description: "The receiver wants no more events, until the gateway restarts." },
      default: { description: "The event is not accepted, and sent again. Redirects are not followed." },
    },
  }));
}
