/** Limits of one connection, of one address and of all connections that `hostile.test.ts` does not reach. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
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
  expect((await socket.call("health", { probe: "x".repeat(90_000) })).error?.code).toBe("INVALID_REQUEST");
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

/** Upgrades by hand, then neither sends nor answers a frame. Resolves to the connection once it is upgraded. */
async function openDeafConnection(url: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
  );
  await once(socket, "data");
  return socket;
}

test("a credential on the upgrade needs no place, and connect needs no other", async () => {
  const gateway = await startTestGateway({ socketLimits: { maxPendingPerAddress: 1 } });
  await openDeafConnection(gateway.url);
  expect(await isLetIn(gateway.url, "192.0.2.1")).toBeUndefined();
  const headers = { authorization: `Bearer ${token}` };
  for (let round = 0; round < 3; round += 1) {
    const socket = await openTestSocket(gateway.url, { headers });
    expect(await socket.call("connect", createConnectParams({ auth: undefined }))).toMatchObject({
      ok: true,
    });
  }
});

test("a wrong credential on the upgrade needs a place, and connect may bring the right one", async () => {
  const gateway = await startTestGateway({ socketLimits: { maxPendingPerAddress: 1 } });
  const headers = { authorization: "Bearer wrong" };
  const wrong = await openTestSocket(gateway.url, { headers });
  expect(await isLetIn(gateway.url, "192.0.2.1")).toBeUndefined();
  const { error } = await wrong.call("connect", createConnectParams({ auth: undefined }));
  expect(error?.details).toMatchObject({ code: "AUTH_TOKEN_MISMATCH" });
  await wrong.closed;
  const right = await openTestSocket(gateway.url, { headers });
  expect(await right.call("connect", createConnectParams())).toMatchObject({ ok: true });
});

test("at the limit the oldest silent connection goes, and younger ones stay", async () => {
  const patient = await startTestGateway({
    socketLimits: { maxPendingPerAddress: 2, pendingGraceMs: 60_000 },
  });
  for (let index = 0; index < 2; index += 1) await openDeafConnection(patient.url);
  expect(await isLetIn(patient.url, "192.0.2.1")).toBeUndefined();

  const { url } = await startTestGateway({ socketLimits: { maxPendingPerAddress: 2, pendingGraceMs: 50 } });
  const oldest = await openDeafConnection(url);
  const evicted = once(oldest, "close");
  const younger = await openDeafConnection(url);
  await expect.poll(() => isLetIn(url, "192.0.2.1")).toBeDefined();
  await evicted;
  expect(younger.destroyed).toBe(false);
});

test("a silent connection that ignores the close frame is cut off", async () => {
  const { url } = await startTestGateway({ socketLimits: { handshakeMs: 100 } });
  const silent = await openDeafConnection(url);
  await once(silent, "close");
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
  const gateway = await startTestGateway({ socketLimits: { tickIntervalMs: 1_000 } });
  const silent = await openTestSocket(gateway.url, { autoPong: false });
  await silent.request("connect", createConnectParams());
  const alive = await connectTestSocket(gateway);
  expect((await silent.closed).code).toBe(1006);
  expect(await alive.request("status")).toMatchObject({ connections: 1 });
});
