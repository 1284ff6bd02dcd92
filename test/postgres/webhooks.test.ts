/** Gateways that share a database share the queue of webhook events: each event is delivered once. */
import { expect, test } from "vitest";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { startWebhookReceiver, webhookSecret } from "../support/gateway/webhook-receiver.ts";
import { createSharedConfig, startNodes } from "../support/postgres/nodes.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

test("two nodes deliver each event once, whichever has run the response", async () => {
  const receiver = await startWebhookReceiver();
  const config = createSharedConfig({
    gateway: {
      http: { endpoints: { responses: { enabled: true } } },
      webhooks: [{ url: receiver.url, secret: webhookSecret, allowPrivateNetwork: true }],
    },
  });
  const nodes = await startNodes(2, { config, model: createScriptedModel([{ text: "Hello." }]) });
  const request = { model: "openclaw", input: "hi", background: true };
  const created = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      createOpenAIClient(nodes[index % 2] ?? nodes[0]).responses.create(request),
    ),
  );
  await expect.poll(() => receiver.received.length).toBeGreaterThanOrEqual(created.length);
  const lines = (): readonly string[] =>
    nodes.flatMap(({ log }) => log.filter((line) => line.includes("a webhook event was delivered")));
  await expect.poll(() => lines().length).toBe(created.length);
  expect(receiver.received.map(({ event }) => event.data.id).toSorted()).toEqual(
    created.map(({ id }) => id).toSorted(),
  );
});
