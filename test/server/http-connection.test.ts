import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createDepartures } from "../../server/http/departures.ts";
import { ask, startTestGateway, token } from "../support/gateway.ts";
import { openRaw, rawRequest, sendRaw } from "../support/raw-http.ts";

const host = "Host: 127.0.0.1";
const bearer = `Authorization: Bearer ${token}`;
const json = "Content-Type: application/json";
const health = rawRequest(["GET /healthz HTTP/1.1", host]);
const body = JSON.stringify(ask("/slow 10ms say it"));
const chatHead = ["POST /v1/chat/completions HTTP/1.1", host, json, `Content-Length: ${body.length}`];

test("pipelined requests are answered in their order", async () => {
  const { url } = await startTestGateway();
  const connection = await openRaw(url);
  connection.send(
    rawRequest([...chatHead, bearer], body) + rawRequest(["GET /nothing HTTP/1.1", host]) + health,
  );
  expect((await connection.response()).text).toContain("say it");
  expect((await connection.response()).status).toBe(404);
  expect((await connection.response()).status).toBe(200);
});

test("a pipelined request cannot use the credential of the one before", async () => {
  const { url } = await startTestGateway();
  const connection = await openRaw(url);
  connection.send(
    rawRequest(["GET /v1/models HTTP/1.1", host, bearer]) + rawRequest(["GET /v1/models HTTP/1.1", host]),
  );
  expect((await connection.response()).status).toBe(200);
  expect((await connection.response()).status).toBe(401);
});

test("a request hidden in the body of a refused one is not served", async () => {
  const { url } = await startTestGateway();
  const connection = await openRaw(url);
  const hidden = rawRequest(["GET /v1/models HTTP/1.1", host, bearer]);
  const head = ["POST /v1/chat/completions HTTP/1.1", host, json, `Content-Length: ${hidden.length}`];
  connection.send(rawRequest(head, hidden) + health);
  expect((await connection.response()).status).toBe(401);
  expect(JSON.parse((await connection.response()).text)).toEqual({ ok: true, status: "live" });
});

test("a caller who asks first is told to go on only when the body is wanted", async () => {
  const { url } = await startTestGateway();
  const expecting = "Expect: 100-continue";

  const accepted = await openRaw(url);
  accepted.send(rawRequest([...chatHead, bearer, expecting]));
  expect((await accepted.response()).status).toBe(100);
  accepted.send(body);
  expect((await accepted.response()).status).toBe(200);

  expect((await sendRaw(url, [...chatHead, expecting])).status).toBe(401);
  const large = [...chatHead.slice(0, 3), "Content-Length: 30000000", bearer, expecting];
  expect((await sendRaw(url, large)).status).toBe(413);
});

test("an expectation that nobody knows changes nothing", async () => {
  const { url } = await startTestGateway();
  expect((await sendRaw(url, ["GET /healthz HTTP/1.1", host, "Expect: wonders"])).status).toBe(200);
});

const upgrade = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==",
];

test("an upgrade of a path without a socket passes the same gate, and is answered as an ordinary request", async () => {
  const { url } = await startTestGateway();
  const models = ["GET /v1/models HTTP/1.1", host, ...upgrade];
  expect((await sendRaw(url, models)).status).toBe(401);
  expect((await sendRaw(url, [...models, "Authorization: Bearer wrong"])).status).toBe(401);
  expect((await sendRaw(url, [...models, bearer])).status).toBe(200);
  expect((await sendRaw(url, ["GET /v1 HTTP/1.1", host, ...upgrade])).status).toBe(404);
});

test("a tunnel is not opened", async () => {
  const { url } = await startTestGateway();
  const connection = await openRaw(url);
  connection.send(rawRequest(["CONNECT example.com:443 HTTP/1.1", "Host: example.com:443"]));
  await connection.closed;
  expect(connection.received()).not.toContain("200");
});

test("an old client without keep-alive is served and let go", async () => {
  const { url } = await startTestGateway();
  const connection = await openRaw(url);
  connection.send(rawRequest(["GET /healthz HTTP/1.0", host]));
  expect((await connection.response()).status).toBe(200);
  await connection.closed;
});

test("a caller who had left before the work began is known to be gone", async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<boolean>();
  const departures = createDepartures();
  const server = createServer((_, res) => {
    res.once("close", () => setImmediate(() => resolve(departures.watch(res).signal.aborted)));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { socket, send } = await openRaw(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  send(health);
  await once(server, "request");
  socket.destroy();
  expect(await aborted).toBe(true);
});
