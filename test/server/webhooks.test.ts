/** Events about background responses: signed, delivered once they are accepted, to each receiver on its own. */
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";
import {
  otherWebhookSecret,
  startWebhookReceiver,
  webhookSecret,
  type ReceivedEvent,
} from "../support/gateway/webhook-receiver.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";

type Webhook = NonNullable<NonNullable<ConfigInput["gateway"]>["webhooks"]>[number];

/** Takes the addresses of receivers, and other fields. */
const createConfig = (
  ...webhooks: readonly (Partial<Webhook> & { readonly received?: unknown; readonly close?: unknown })[]
): ConfigInput => ({
  gateway: {
    http: { endpoints: { responses: { enabled: true } } },
    webhooks: webhooks.map(({ received: _received, close: _close, ...webhook }) => ({
      url: "https://unused.test",
      secret: webhookSecret,
      allowPrivateNetwork: true,
      ...webhook,
    })),
    limits: { drainMs: 1 },
  },
  agents: { list: [{ id: "main" }, { id: "coder" }] },
});

const minute = 60_000;
const hour = 60 * minute;

const webhookTimes = { firstRetryMs: 20, pollMs: 200 };
const request = { model: "openclaw", input: "hi" };

const start = (
  config: ConfigInput,
  model = createScriptedModel([{ text: "Hello." }]),
): Promise<TestGateway> => startTestGateway({ config, model, webhookTimes });

const unwrap = (event: ReceivedEvent | undefined, secret = webhookSecret) =>
  createOpenAIClient({ url: "http://unused.test" }).webhooks.unwrap(
    event?.body ?? "",
    event?.headers ?? {},
    secret,
  );

const listTypes = ({ received }: { readonly received: readonly ReceivedEvent[] }): readonly string[] =>
  received.map(({ event }) => event.type);

test("OpenAI's SDK verifies the event of each end of a background response", async () => {
  const receiver = await startWebhookReceiver();
  const gated = createGatedModel();
  const gateway = await start(createConfig(receiver), gated.model);
  const client = createOpenAIClient(gateway);
  const finish = async (...events: readonly Parameters<typeof gated.emit>[0][]): Promise<string> => {
    const count = receiver.received.length;
    const { id } = await client.responses.create({ ...request, background: true });
    events.forEach(gated.emit);
    await expect.poll(() => receiver.received.length).toBe(count + 1);
    return id;
  };
  const ids = [
    await finish({ type: "text", text: "Hello." }, { type: "finish", reason: "stop" }),
    await finish({ type: "text", text: "Hel" }, { type: "finish", reason: "length" }),
  ];
  const cancelled = await client.responses.create({ ...request, background: true });
  await client.responses.cancel(cancelled.id);
  await expect.poll(() => receiver.received.length).toBe(3);
  const events = await Promise.all(receiver.received.map((each) => unwrap(each)));
  expect(events).toEqual(
    ["response.completed", "response.incomplete", "response.cancelled"].map((type, index) => ({
      object: "event",
      id: expect.stringMatching(/^evt_\w+$/) as string,
      created_at: expect.any(Number) as number,
      type,
      data: { id: [...ids, cancelled.id][index] },
    })),
  );
  expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual(events.map(({ id }) => id));
  const line = gateway.log.find((each) => each.includes("a webhook event was delivered"));
  expect(JSON.parse(line ?? "{}")).toMatchObject({ receiver: receiver.url, attempt: 1, status: 204 });
});

test("a response that fails has its event, and one that is not in the background has none", async () => {
  const receiver = await startWebhookReceiver();
  const gateway = await start(
    createConfig(receiver),
    createScriptedModel([{ fail: { code: "upstream_error", message: "down" } }]),
  );
  const client = createOpenAIClient(gateway);
  await expect(client.responses.create(request)).rejects.toThrow("down");
  const { id } = await client.responses.create({ ...request, background: true });
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(await unwrap(receiver.received[0])).toMatchObject({ type: "response.failed", data: { id } });
});

test("an event that is not accepted is sent again, with the same id and a new signature", async () => {
  const statuses = [500, 302, 429, 204];
  const receiver = await startWebhookReceiver({
    answer: (response, attempt) =>
      void response.writeHead(statuses[attempt - 1] ?? 204, { location: "/elsewhere" }).end(),
  });
  const gateway = await startTestGateway({
    config: createConfig(receiver),
    model: createScriptedModel([{ text: "Hello." }]),
    webhookTimes: { firstRetryMs: 5, pollMs: 200 },
  });
  await createOpenAIClient(gateway).responses.create({ ...request, background: true });
  await expect.poll(() => receiver.received.length).toBe(4);
  const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(1);
  await Promise.all(receiver.received.map((each) => unwrap(each)));
  await expect
    .poll(() => gateway.log.filter((line) => line.includes("a webhook event was delivered")))
    .toHaveLength(1);
  const reasons = gateway.log.flatMap((line) =>
    line.includes("is sent again later") ? [JSON.parse(line)] : [],
  );
  expect(reasons).toEqual([
    expect.objectContaining({ level: "warn", attempt: 1, reason: "it answered 500" }),
    expect.objectContaining({ attempt: 2, reason: "it redirects (302), which is not followed" }),
    expect.objectContaining({ attempt: 3, reason: "it answered 429" }),
  ]);
});

test("a longer wait that the receiver asks for is kept, up to four hours", async () => {
  const waits = ["60", "999999", new Date(Date.now() + 2 * hour).toUTCString(), "0"];
  const receivers = await Promise.all(
    waits.map((wait) =>
      startWebhookReceiver({
        answer: (response) => void response.writeHead(503, { "retry-after": wait }).end(),
      }),
    ),
  );
  const gateway = await startTestGateway({
    config: createConfig(...receivers),
    model: createScriptedModel([{ text: "Hello." }]),
    webhookTimes: { firstRetryMs: 3_600_000, pollMs: 200 },
  });
  // Another gateway waits less by itself.
  const eager = await start(createConfig(...receivers));
  for (const each of [gateway, eager])
    await createOpenAIClient(each).responses.create({ ...request, background: true });
  const readDelays = ({ log }: TestGateway): ReadonlyMap<string, number> =>
    new Map(
      log
        .filter((line) => line.includes("is sent again later"))
        .map((line) => JSON.parse(line) as { receiver: string; delayMs: number })
        .map(({ receiver, delayMs }) => [receiver, delayMs]),
    );
  await expect.poll(() => readDelays(gateway).size).toBe(4);
  await expect.poll(() => readDelays(eager).size).toBe(4);
  const list = (each: TestGateway): readonly number[] =>
    receivers.map(({ url }) => readDelays(each).get(url) ?? NaN);
  const [short = 0, long, date = 0, none = 0] = list(eager);
  expect([short, long]).toEqual([60_000, 4 * 3_600_000]);
  // The machine may be busy while the answer travels.
  expect(date).toBeGreaterThan(1.5 * hour);
  expect(date).toBeLessThanOrEqual(2 * hour);
  expect(none).toBeLessThan(60_000);
  // Retry-After does not shorten the gateway's own wait.
  const [byItself = 0, kept, ...others] = list(gateway);
  expect(kept).toBe(4 * 3_600_000);
  for (const delay of [byItself, ...others]) expect(delay).toBeGreaterThanOrEqual(0.8 * 3_600_000);
});

test("an event that nobody accepts for 24 hours is given up, and is not sent after a restart either", async () => {
  const receiver = await startWebhookReceiver({ answer: (response) => void response.writeHead(500).end() });
  let now = Date.UTC(2026, 0, 1);
  // PostgreSQL has a clock of its own: test/postgres/webhooks.test.ts.
  const session = { store: { type: "sqlite" } } as const;
  const options = {
    config: { ...createConfig(receiver), session },
    model: createScriptedModel([{ text: "Hello." }]),
    clock: () => now,
    webhookTimes: { firstRetryMs: 20, pollMs: 20 },
  };
  const gateway = await startTestGateway(options);
  await createOpenAIClient(gateway).responses.create({ ...request, background: true });
  const countLines = ({ log }: TestGateway, text: string): number =>
    log.filter((line) => line.includes(text)).length;
  const again = "a webhook event was not delivered, and is sent again later";
  await expect.poll(() => countLines(gateway, again)).toBe(1);
  now += 24 * hour - 2 * minute;
  await expect.poll(() => countLines(gateway, again)).toBe(2);
  now += 2 * minute;
  await expect.poll(() => countLines(gateway, "a webhook event was given up")).toBe(1);
  expect(receiver.received).toHaveLength(3);
  await gateway.stop();
  now += hour;
  const other = await startWebhookReceiver();
  const restarted = await startTestGateway({
    ...options,
    config: { ...createConfig(receiver, other), session },
    stateDir: gateway.stateDir,
  });
  await createOpenAIClient(restarted).responses.create({ ...request, background: true });
  await expect.poll(() => other.received.length).toBe(1);
  await expect.poll(() => receiver.received.length).toBe(4);
  expect(receiver.received[3]?.headers["webhook-id"]).not.toBe(receiver.received[2]?.headers["webhook-id"]);
});

test("several secrets sign an event, and a receiver with either one accepts it", async () => {
  const receiver = await startWebhookReceiver();
  const gateway = await start(createConfig({ ...receiver, secret: [otherWebhookSecret, webhookSecret] }));
  await createOpenAIClient(gateway).responses.create({ ...request, background: true });
  await expect.poll(() => receiver.received.length).toBe(1);
  expect(receiver.received[0]?.headers["webhook-signature"]).toMatch(/^v1,\S{44} v1,\S{44}$/);
  for (const secret of [webhookSecret, otherWebhookSecret])
    expect(await unwrap(receiver.received[0], secret)).toMatchObject({ type: "response.completed" });
  await expect(unwrap(receiver.received[0], `whsec_${"A".repeat(44)}`)).rejects.toThrow();
  expect(gateway.log.join("\n")).not.toContain("whsec_");
});

test("a receiver gets the types and the agents that it wants", async () => {
  const [failures, ofCoder, all] = await Promise.all([
    startWebhookReceiver(),
    startWebhookReceiver(),
    startWebhookReceiver(),
  ]);
  const gateway = await start(
    createConfig(
      { url: failures.url, types: ["response.failed"] },
      { url: ofCoder.url, agents: ["Coder"] },
      all,
    ),
  );
  const client = createOpenAIClient(gateway);
  await client.responses.create({ ...request, background: true });
  const second = await client.responses.create({ ...request, model: "openclaw:coder", background: true });
  await expect.poll(() => all.received.length).toBe(2);
  await expect.poll(() => ofCoder.received.length).toBe(1);
  expect(ofCoder.received[0]?.event.data.id).toBe(second.id);
  expect(failures.received).toEqual([]);
});

test("a receiver that hangs holds no other, and is asked again when its time is over", async () => {
  const hanging = await startWebhookReceiver({
    answer: (response, attempt) => void (attempt > 1 && response.writeHead(200).end()),
  });
  const quick = await startWebhookReceiver();
  const gateway = await startTestGateway({
    config: createConfig(hanging, quick),
    model: createScriptedModel([{ text: "Hello." }]),
    webhookTimes: { ...webhookTimes, timeoutMs: 300 },
  });
  const client = createOpenAIClient(gateway);
  for (let index = 0; index < 3; index += 1) await client.responses.create({ ...request, background: true });
  await expect.poll(() => quick.received.length).toBe(3);
  await expect.poll(() => hanging.received.length).toBeGreaterThanOrEqual(4);
  const ids = hanging.received.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids).size).toBe(3);
  expect(gateway.log.join("\n")).toContain("it did not answer within 300 ms");
});

test("a receiver that answers 410 gets nothing more until the next start", async () => {
  const receiver = await startWebhookReceiver({ answer: (response) => void response.writeHead(410).end() });
  const gateway = await start(createConfig(receiver));
  const client = createOpenAIClient(gateway);
  await client.responses.create({ ...request, background: true });
  await expect.poll(() => gateway.log.join("\n")).toContain("a webhook receiver answered 410");
  const { id } = await client.responses.create({ ...request, background: true });
  await expect.poll(async () => (await client.responses.retrieve(id)).status).toBe("completed");
  gateway.reload(createConfig(receiver));
  const other = await startWebhookReceiver();
  gateway.reload(createConfig(receiver, other));
  await client.responses.create({ ...request, background: true });
  await expect.poll(() => other.received.length).toBe(1);
  await gateway.stop();
  expect(receiver.received).toHaveLength(1);
  const again = await startTestGateway({
    config: createConfig(receiver),
    stateDir: gateway.stateDir,
    webhookTimes,
  });
  // The two events that came meanwhile.
  await expect.poll(() => receiver.received.length).toBe(3);
  expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(3);
  await again.stop();
});

test("an address of a private network is not called unless that is allowed, and a reload allows it", async () => {
  const receiver = await startWebhookReceiver();
  const url = receiver.url.replace("http:", "https:");
  const gateway = await start(createConfig({ url, allowPrivateNetwork: false }));
  await createOpenAIClient(gateway).responses.create({ ...request, background: true });
  await expect.poll(() => gateway.log.join("\n")).toContain("its address is not public: allowPrivateNetwork");
  expect(receiver.received).toEqual([]);
  gateway.reload(createConfig({ url, allowPrivateNetwork: true }));
  // The receiver has no TLS: the attempt arrives at it, and fails there.
  await expect
    .poll(() => gateway.log.join("\n"))
    .toMatch(/it cannot be reached: (ERR_SSL|ECONNRESET|EPROTO|UND_ERR)/);
});

test("the event of a response that a stop ends is sent after the next start", async () => {
  const receiver = await startWebhookReceiver();
  const gated = createGatedModel();
  const gateway = await start(createConfig(), gated.model);
  const { id } = await createOpenAIClient(gateway).responses.create({ ...request, background: true });
  await gated.waitForCall();
  gateway.reload(createConfig(receiver));
  await gateway.stop();
  const again = await startTestGateway({
    config: createConfig(receiver),
    stateDir: gateway.stateDir,
    webhookTimes,
  });
  await expect.poll(() => receiver.received.length).toBeGreaterThanOrEqual(1);
  expect(receiver.received[0]?.event).toMatchObject({ data: { id } });
  expect(listTypes(receiver)[0]).toMatch(/^response\.(failed|cancelled)$/);
  await again.stop();
});
