/** Webhook events survive a kill of the gateway between the end of a response and the delivery of its event. */
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { startWebhookReceiver, webhookSecret } from "../support/gateway/webhook-receiver.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";

const createConfig = (url: string): ConfigInput => ({
  gateway: {
    http: { endpoints: { responses: { enabled: true } } },
    webhooks: [{ url, secret: webhookSecret, allowPrivateNetwork: true }],
  },
});

const request = { model: "openclaw", background: true };

test("an event that was sent but not accepted is sent again after a kill, with the same id", async () => {
  const receiver = await startWebhookReceiver({
    answer: (response, attempt) => void (attempt > 1 && response.writeHead(204).end()),
  });
  const first = await startGatewayProcess({ config: createConfig(receiver.url) });
  const { id } = await createOpenAIClient(first).responses.create({ ...request, input: "hi" });
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(await first.end("SIGKILL")).toBe("SIGKILL");

  const second = await startGatewayProcess({ stateDir: first.stateDir, configPath: first.configPath });
  await expect.poll(() => receiver.received.length).toBe(2);
  const { webhooks } = createOpenAIClient(second);
  const events = await Promise.all(
    receiver.received.map(({ body, headers }) =>
      webhooks.unwrap(body, headers as Record<string, string>, webhookSecret),
    ),
  );
  expect(events[0]).toMatchObject({ type: "response.completed", data: { id } });
  expect(events[1]).toEqual(events[0]);
  await expect.poll(second.output).toContain("a webhook event was delivered");
  expect(await second.end("SIGTERM")).toBe(0);

  // A delivered event is gone: a third gateway sends nothing.
  const third = await startGatewayProcess({ stateDir: first.stateDir, configPath: first.configPath });
  const again = await createOpenAIClient(third).responses.create({ ...request, input: "again" });
  await expect.poll(() => receiver.received.length).toBe(3);
  expect(receiver.received[2]?.event.data.id).toBe(again.id);
});

test("an event whose receiver was down is sent after a kill", async () => {
  const down = await startWebhookReceiver();
  await down.close();
  const first = await startGatewayProcess({ config: createConfig(down.url) });
  const { id } = await createOpenAIClient(first).responses.create({ ...request, input: "hi" });
  await expect.poll(first.output).toContain("is sent again later");
  expect(await first.end("SIGKILL")).toBe("SIGKILL");

  const receiver = await startWebhookReceiver({ port: Number(new URL(down.url).port) });
  await startGatewayProcess({ stateDir: first.stateDir, configPath: first.configPath });
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(receiver.received[0]?.event).toMatchObject({ type: "response.completed", data: { id } });
});

test("a response that a kill interrupts has its event at the next start", async () => {
  const receiver = await startWebhookReceiver();
  const first = await startGatewayProcess({ config: createConfig(receiver.url) });
  const client = createOpenAIClient(first);
  const { id } = await client.responses.create({ ...request, input: "/slow 1s" });
  await expect.poll(async () => (await client.responses.retrieve(id)).status).toBe("in_progress");
  expect(await first.end("SIGKILL")).toBe("SIGKILL");
  expect(receiver.received).toEqual([]);

  await startGatewayProcess({ stateDir: first.stateDir, configPath: first.configPath });
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(receiver.received[0]?.event).toMatchObject({ type: "response.failed", data: { id } });
});
