import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createInFlightRequests } from "../../server/transport/in-flight.ts";
import { createChatBody, startTestGateway, token } from "../support/gateway/gateway.ts";
import { openRawConnection, formatRequest, sendRawRequest } from "../support/sockets/raw-http.ts";

const host = "Host: 127.0.0.1";
const bearer = `Authorization: Bearer ${token}`;
const json = "Content-Type: application/json";
const health = formatRequest(["GET /healthz HTTP/1.1", host]);
const body = JSON.stringify(createChatBody("/slow 10ms say it"));
const chatHead = ["POST /v1/chat/completions HTTP/1.1", host, json, `Content-Length: ${body.length}`];

test("pipelined requests are answered in their order", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(
    formatRequest([...chatHead, bearer], body) + formatRequest(["GET /nothing HTTP/1.1", host]) + health,
  );
  expect((await connection.readResponse()).text).toContain("say it");
  expect((await connection.readResponse()).status).toBe(404);
  expect((await connection.readResponse()).status).toBe(200);
});

test("a pipelined request cannot use the credential of the one before", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(
    formatRequest(["GET /v1/models HTTP/1.1", host, bearer]) +
      formatRequest(["GET /v1/models HTTP/1.1", host]),
  );
  expect((await connection.readResponse()).status).toBe(200);
  expect((await connection.readResponse()).status).toBe(401);
});

test("a request smuggled in the body of a rejected one is not served", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  const smuggledRequest = formatRequest(["GET /v1/models HTTP/1.1", host, bearer]);
  const head = [
    "POST /v1/chat/completions HTTP/1.1",
    host,
    json,
    `Content-Length: ${smuggledRequest.length}`,
  ];
  connection.send(formatRequest(head, smuggledRequest) + health);
  expect((await connection.readResponse()).status).toBe(401);
  expect(JSON.parse((await connection.readResponse()).text)).toEqual({ ok: true, status: "live" });
});

test("100 Continue is sent only when the body is accepted", async () => {
  const { url } = await startTestGateway();
  const expecting = "Expect: 100-continue";

  const accepted = await openRawConnection(url);
  accepted.send(formatRequest([...chatHead, bearer, expecting]));
  expect((await accepted.readResponse()).status).toBe(100);
  accepted.send(body);
  expect((await accepted.readResponse()).status).toBe(200);

  expect((await sendRawRequest(url, [...chatHead, expecting])).status).toBe(401);
  const large = [...chatHead.slice(0, 3), "Content-Length: 30000000", bearer, expecting];
  expect((await sendRawRequest(url, large)).status).toBe(413);
});

test("an unknown expectation is ignored", async () => {
  const { url } = await startTestGateway();
  expect((await sendRawRequest(url, ["GET /healthz HTTP/1.1", host, "Expect: wonders"])).status).toBe(200);
});

const upgrade = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==",
];

test("an upgrade request to a path without a WebSocket is checked and answered as an ordinary request", async () => {
  const { url } = await startTestGateway();
  const models = ["GET /v1/models HTTP/1.1", host, ...upgrade];
  expect((await sendRawRequest(url, models)).status).toBe(401);
  expect((await sendRawRequest(url, [...models, "Authorization: Bearer wrong"])).status).toBe(401);
  expect((await sendRawRequest(url, [...models, bearer])).status).toBe(200);
  expect((await sendRawRequest(url, ["GET /v1 HTTP/1.1", host, ...upgrade])).status).toBe(404);
});

test("CONNECT opens no tunnel", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(formatRequest(["CONNECT example.com:443 HTTP/1.1", "Host: example.com:443"]));
  await connection.closed;
  expect(connection.received()).not.toContain("200");
});

test("a probe over HTTP/1.0 needs no Host, and a request over HTTP/1.1 does", async () => {
  const { url } = await startTestGateway();
  for (const [line, status] of [
    ["GET /healthz HTTP/1.0", 200],
    ["GET /healthz HTTP/1.1", 400],
  ] as const) {
    const connection = await openRawConnection(url);
    connection.send(formatRequest([line]));
    expect((await connection.readResponse()).status).toBe(status);
  }
});

test("an HTTP/1.0 client without keep-alive is served and its connection is closed", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  connection.send(formatRequest(["GET /healthz HTTP/1.0", host]));
  expect((await connection.readResponse()).status).toBe(200);
  await connection.closed;
});

test("a disconnect before the handler starts is detected", async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<boolean>();
  const inFlight = createInFlightRequests();
  const server = createServer((_, res) => {
    res.once("close", () =>
      setImmediate(() => resolve(inFlight.trackResponse({ name: "GET /", id: "1" }, res).signal.aborted)),
    );
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { socket, send } = await openRawConnection(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  send(health);
  await once(server, "request");
  socket.destroy();
  expect(await aborted).toBe(true);
});
