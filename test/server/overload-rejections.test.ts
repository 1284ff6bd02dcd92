/** Rejections for want of room: early, cheap, and one line of the log a second. */
import { connect } from "node:net";
import { expect, test } from "vitest";
import { chatConfig, createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { formatRequest, openRawConnection } from "../support/sockets/raw-http.ts";

const post = (length: number): string =>
  formatRequest([
    "POST /v1/chat/completions HTTP/1.1",
    "Host: localhost",
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    `Content-Length: ${length}`,
  ]);

test("with all runs and the queue taken, the answer comes before the body, and the log has a count", async () => {
  const { model, waitForCall, emit } = createGatedModel();
  const gateway = await startTestGateway({
    model,
    config: { gateway: { ...chatConfig.gateway, limits: { maxConcurrentRuns: 1, maxWaitingRuns: 0 } } },
  });
  const first = postChat(gateway.url, createChatBody("one"));
  await waitForCall();
  for (let count = 0; count < 5; count += 1) {
    const connection = await openRawConnection(gateway.url);
    connection.send(post(1_000));
    const { status, text } = await connection.readResponse();
    expect([status, JSON.parse(text)]).toMatchObject([503, { error: { code: "server_overloaded" } }]);
    connection.socket.destroy();
  }
  // Reading is not refused, and neither is a wrong request told that there is no room.
  expect(
    (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status,
  ).toBe(200);
  expect((await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST" })).status).toBe(401);

  const lines = (): readonly Record<string, unknown>[] =>
    gateway.log.map((line) => JSON.parse(line) as Record<string, unknown>);
  const summaries = (): readonly Record<string, unknown>[] =>
    lines().filter(({ message }) => String(message).startsWith("requests rejected, because all runs"));
  await expect.poll(() => summaries().reduce((sum, { count }) => sum + Number(count), 0)).toBe(5);
  expect(lines().filter(({ code }) => code === "server_overloaded")).toEqual([]);

  emit(finishEvent);
  expect((await first).status).toBe(200);
  const second = postChat(gateway.url, createChatBody("two"));
  emit(finishEvent);
  expect((await second).status).toBe(200);
});

test("bodies that arrive at the same time have a limit together, and the first one is not disturbed", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { ...chatConfig.gateway, limits: { maxBodyBytesInFlight: 100_000 } } },
  });
  const body = JSON.stringify(createChatBody(`say ${"x".repeat(90_000)}`));
  const first = await openRawConnection(gateway.url);
  first.send(post(body.length) + body.slice(0, 70_000));
  const send = (): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body,
    });
  await expect.poll(async () => (await send()).status).toBe(503);
  const rejected = await send();
  expect([rejected.headers.get("retry-after"), await rejected.json()]).toMatchObject([
    "5",
    { error: { code: "server_overloaded" } },
  ]);
  first.send(body.slice(70_000));
  expect((await first.readResponse()).status).toBe(200);
  expect((await send()).status).toBe(200);
});

test("a port has one gateway only, and nobody listens after the stop", async () => {
  const first = await startTestGateway();
  const port = Number(new URL(first.url).port);
  await expect(startTestGateway({ port })).rejects.toThrow("EADDRINUSE");
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => (await fetch(`${first.url}/healthz`)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  await first.stop();
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const error = await new Promise<Error | undefined>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(undefined)).on("error", resolve);
      socket.on("connect", () => socket.destroy());
    });
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  }
});
