/** Messages of sockets and bodies of requests have one limit together: `gateway.limits.maxBodyBytesInFlight`. */
import { expect, test } from "vitest";
import type { ModelStream } from "../../server/agent/types.ts";
import { createChatBody, postChat, startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";
import { finishEvent } from "../support/providers/scripted-model.ts";
import { openResponsesWebSocket } from "../support/sockets/responses-websocket.ts";
import { connectTestSocket } from "../support/sockets/socket.ts";

const config = {
  gateway: {
    limits: { maxBodyBytesInFlight: 100_000 },
    http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
  },
};
const padding = (length: number): string => "x".repeat(length);
const postStatus = async ({ url }: TestGateway, length: number): Promise<number> =>
  (await postChat(url, createChatBody(padding(length)))).status;

test("a message that is not complete counts, until it is or its connection closes", async () => {
  const gateway = await startTestGateway({ config });
  const slow = await connectTestSocket(gateway);
  const frame = JSON.stringify({
    type: "req",
    id: "big",
    method: "health",
    params: { probe: padding(70_000) },
  });
  slow.ws.send(frame.slice(0, 60_000), { fin: false });
  await expect.poll(() => postStatus(gateway, 60_000)).toBe(503);
  expect(await postStatus(gateway, 20_000)).toBe(200);
  slow.ws.send(frame.slice(60_000));
  expect(await slow.waitForFrame(({ id }) => id === "big")).toMatchObject({ ok: false });
  expect(await postStatus(gateway, 60_000)).toBe(200);

  slow.ws.send(frame.slice(0, 60_000), { fin: false });
  await expect.poll(() => postStatus(gateway, 60_000)).toBe(503);
  slow.ws.terminate();
  await expect.poll(() => postStatus(gateway, 60_000)).toBe(200);
});

test("a message for which there is no room closes its connection with 1013, and no other one", async () => {
  const gateway = await startTestGateway({ config });
  const first = await connectTestSocket(gateway);
  const second = await connectTestSocket(gateway);
  first.ws.send(padding(70_000), { fin: false });
  await expect.poll(() => postStatus(gateway, 60_000)).toBe(503);
  second.send({ type: "req", id: "big", method: "health", params: { probe: padding(60_000) } });
  expect(await second.closed).toMatchObject({ code: 1013, reason: expect.stringContaining("try again") });
  first.ws.send(padding(10));
  expect(await first.waitForFrame(({ type }) => type === "res")).toMatchObject({ ok: true });
  expect(await first.waitForFrame(({ id }) => id === "invalid")).toMatchObject({ ok: false });
  expect(await first.request("status")).toMatchObject({ ok: true });
});

test("pings and pongs do not add up", async () => {
  const gateway = await startTestGateway({ config });
  const idle = await connectTestSocket(gateway);
  for (let count = 0; count < 2_000; count += 1) idle.ws.pong(padding(100));
  expect(await idle.request("status")).toMatchObject({ ok: true });
  for (let count = 0; count < 2_000; count += 1) idle.ws.pong(padding(100));
  await new Promise((resolve) => idle.ws.ping(padding(10), true, resolve));
  expect(await postStatus(gateway, 60_000)).toBe(200);
});

test("responses that wait for the one before them count, until they begin", async () => {
  const gate = Promise.withResolvers<void>();
  const model: ModelStream = async function* answer() {
    yield { type: "text", text: "One moment." };
    await gate.promise;
    yield finishEvent;
  };
  const gateway = await startTestGateway({ config, model });
  const socket = await openResponsesWebSocket(gateway.url);
  socket.create({ model: "openclaw", input: "first" });
  await socket.waitForEvent(({ type }) => type === "response.output_text.delta");
  socket.create({ model: "openclaw", input: padding(70_000) });
  // An invalid body, lest it waits for the model.
  const postInvalid = async (): Promise<number> =>
    (await postChat(gateway.url, { model: 1, padding: padding(60_000) })).status;
  await expect.poll(postInvalid).toBe(503);
  const other = await openResponsesWebSocket(gateway.url);
  other.create({ model: "openclaw", input: padding(40_000) });
  expect(await other.closed).toMatchObject({ code: 1013 });
  gate.resolve();
  await socket.waitForEvent(({ type }) => type === "response.completed");
  await socket.waitForEvent(({ type }) => type === "response.completed");
  expect(await postInvalid()).toBe(400);
});
