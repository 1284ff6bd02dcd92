/** Limits of one connection, of one address and of all connections that `hostile.test.ts` does not reach. */
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { startTestGateway } from "../support/gateway/gateway.ts";
import {
  connectTestSocket,
  createConnectParams,
  openTestSocket,
  toWebSocketUrl,
} from "../support/sockets/socket.ts";

test("messages are not compressed, whatever the client offers", async () => {
  const { url } = await startTestGateway();
  const { ws } = await openTestSocket(url, { perMessageDeflate: true });
  expect(ws.extensions).toBe("");
});

test("a frame above the limit closes the connection with 1009", async () => {
  const gateway = await startTestGateway({ socketLimits: { maxPayload: 100_000 } });
  const socket = await connectTestSocket(gateway);
  expect((await socket.call("health", { padding: "x".repeat(90_000) })).error?.code).toBe("INVALID_REQUEST");
  socket.send({ type: "req", id: "large", method: "health", params: { padding: "x".repeat(110_000) } });
  expect((await socket.closed).code).toBe(1009);
});

/** Opens a silent connection from this address. Resolves to undefined when it is rejected. */
async function isLetIn(url: string, address: string): Promise<WebSocket | undefined> {
  const ws = new WebSocket(toWebSocketUrl(url), { headers: { "x-forwarded-for": address } });
  onTestFinished(() => ws.terminate());
  ws.on("error", () => {});
  const status = await Promise.race([
    once(ws, "open").then(() => 101),
    once(ws, "unexpected-response").then(([, response]) => (response as { statusCode: number }).statusCode),
  ]);
  expect([101, 503]).toContain(status);
  return status === 101 ? ws : undefined;
}

test("pending connections are limited per address and in total, and a connect frees its place", async () => {
  const { url } = await startTestGateway({
    config: { gateway: { trustedProxies: ["127.0.0.1"] } },
    socketLimits: { maxPendingPerAddress: 2, maxPending: 3 },
  });
  const first = await isLetIn(url, "192.0.2.1");
  expect(first).toBeDefined();
  expect(await isLetIn(url, "192.0.2.1")).toBeDefined();
  expect(await isLetIn(url, "192.0.2.1")).toBeUndefined();
  expect(await isLetIn(url, "192.0.2.2")).toBeDefined();
  expect(await isLetIn(url, "192.0.2.3")).toBeUndefined();
  first?.send(JSON.stringify({ type: "req", id: "1", method: "connect", params: createConnectParams() }));
  await expect.poll(() => isLetIn(url, "192.0.2.3")).toBeDefined();
});

test("a result that is too large is not sent, and the error says what to do", async () => {
  const gateway = await startTestGateway({ socketLimits: { maxReplyBytes: 2_000 } });
  const socket = await connectTestSocket(gateway);
  const { error } = await socket.call("tools.catalog");
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { code: "request_too_large" } });
  expect(error?.message).toContain("Ask for less:");
  expect(await socket.request("status")).toMatchObject({ ok: true });
});

test("a connection that does not answer pings is terminated, and one that does stays open", async () => {
  const gateway = await startTestGateway({ socketLimits: { tickIntervalMs: 200 } });
  const silent = await openTestSocket(gateway.url, { autoPong: false });
  await silent.request("connect", createConnectParams());
  const alive = await connectTestSocket(gateway);
  expect((await silent.closed).code).toBe(1006);
  expect(await alive.request("status")).toMatchObject({ connections: 1 });
});
