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
import { selectReferencedSchemas, type Schemas } from "./named-schemas.ts";
import { toPascalCase } from "./text.ts";

interface Document {
  readonly webhooks?: unknown;
  readonly components?: object & { readonly schemas?: object };
}

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

/**
 * Moves `webhooks` to the extension `x-webhooks`, which Redoc displays. The code that openapi-generator for Python and
 * oapi-codegen generate from `webhooks` does not compile. References are replaced by their schemas, because tools do not resolve
 * references in extensions.
 */
export function hideWebhooks({ webhooks, components = {}, ...document }: Document): object {
  const { schemas = {}, ...others } = components;
  const extended = { ...document, "x-webhooks": replaceReferences(webhooks, schemas as Schemas) };
  const used = selectReferencedSchemas(schemas as Schemas, { others, ...extended });
  return { ...extended, components: { ...others, schemas: used } };
}

function replaceReferences(node: unknown, schemas: Schemas): unknown {
  if (Array.isArray(node)) return node.map((part) => replaceReferences(part, schemas));
  if (typeof node !== "object" || node === null) return node;
  const { $ref: reference, ...rest } = node as Readonly<Record<string, unknown>>;
  if (typeof reference === "string")
    return replaceReferences({ ...schemas[reference.replace(/^.*\//, "")], ...rest }, schemas);
  return Object.fromEntries(
    Object.entries(rest).map(([key, part]) => [key, replaceReferences(part, schemas)]),
  );
}
