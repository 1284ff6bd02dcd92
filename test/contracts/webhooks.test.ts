import { expect, test } from "vitest";
import { createOpenApiDocument } from "../../contracts/describe/openapi.ts";
import { hideWebhooks } from "../../contracts/describe/webhooks.ts";
import { WebhookEvent, webhookEventTypes } from "../../contracts/webhook-event.ts";

test("the document has a webhook for each type of event, with an example of it", () => {
  const { webhooks = {} } = createOpenApiDocument("0.0.0");
  expect(Object.keys(webhooks)).toEqual(webhookEventTypes);
  for (const [type, webhook] of Object.entries(webhooks)) {
    const { security, parameters, requestBody } = (webhook as unknown as { readonly post: Operation }).post;
    expect(security).toEqual([]);
    expect(parameters.map(({ name }) => name)).toEqual([
      "webhook-id",
      "webhook-timestamp",
      "webhook-signature",
    ]);
    const { schema, examples } = requestBody.content["application/json"];
    expect(schema).toEqual({ $ref: "#/components/schemas/WebhookEvent" });
    expect(WebhookEvent.parse(examples[type]?.value)).toMatchObject({ type });
  }
});

test("openapi.yaml has them as an extension without references, which generators of clients pass over", () => {
  const document = createOpenApiDocument("0.0.0");
  const hidden = hideWebhooks(document) as { readonly components: { readonly schemas: object } };
  expect(hidden).not.toHaveProperty("webhooks");
  const webhooks = (hidden as { readonly "x-webhooks"?: unknown })["x-webhooks"];
  expect(Object.keys(webhooks as object)).toEqual(webhookEventTypes);
  expect(JSON.stringify(webhooks)).not.toContain("$ref");
  expect(JSON.stringify(webhooks)).toContain("Id of the response.");
  const left = Object.keys(document.components?.schemas ?? {}).filter(
    (name) => !(name in hidden.components.schemas),
  );
  expect(left.toSorted()).toEqual(["WebhookData", "WebhookEvent", "WebhookEventType"]);
});

interface Operation {
  readonly security: unknown;
  readonly parameters: readonly { readonly name: string }[];
  readonly requestBody: {
    readonly content: {
      readonly "application/json": {
        readonly schema: unknown;
        readonly examples: Readonly<Record<string, { readonly value: unknown } | undefined>>;
      };
    };
  };
}
