/** A refused body is read for at most 64 KiB and what a stream buffers, the client sees the answer, and the connection closes. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createGatedModel, finishEvent } from "../support/providers/scripted-model.ts";
import { chatConfig, createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { formatRequest, openRawConnection } from "../support/sockets/raw-http.ts";

const host = "Host: 127.0.0.1";
const json = "Content-Type: application/json";
const bearer = `Authorization: Bearer ${token}`;
const chat = "POST /v1/chat/completions HTTP/1.1";
const bodyBytes = 32_000_000;
/** 64 KiB, what the stream buffers, and one read of each. */
const maxReadBytes = 4 * 65_536;

/** Returns the gateway's side of each connection, by the port of the client. */
function watchSockets(): ReadonlyMap<number | undefined, Socket> {
  const sockets = new Map<number | undefined, Socket>();
  const onRequest = (message: unknown): void => {
    const { socket } = (message as { request: IncomingMessage }).request;
    sockets.set(socket.remotePort, socket);
  };
  subscribe("http.server.request.start", onRequest);
  onTestFinished(() => void unsubscribe("http.server.request.start", onRequest));
  return sockets;
}

/** Sends the head on a connection that has served before, and then the body until the connection closes. */
async function sendEndlessBody(
  url: string,
  sockets: ReadonlyMap<number | undefined, Socket>,
  head: readonly string[],
  isChunked: boolean,
): Promise<{ status: number; readBytes: number }> {
  const connection = await openRawConnection(url);
  connection.send(formatRequest(["GET /healthz HTTP/1.1", host]));
  expect((await connection.readResponse()).status).toBe(200);
  const { socket } = connection;
  const serverSocket = sockets.get(socket.localPort);
  const before = serverSocket?.bytesRead ?? Number.NaN;
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bodyBytes}`;
  connection.send(formatRequest([...head, framing]));
  const text = " ".repeat(65_536);
  const chunk = isChunked ? `10000\r\n${text}\r\n` : text;
  let sentBytes = 0;
  const sendMore = (): void => {
    while (sentBytes < bodyBytes && socket.writable) {
      sentBytes += text.length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on("drain", sendMore);
  sendMore();
  const { status } = await connection.readResponse();
  await connection.closed;
  return { status, readBytes: (serverSocket?.bytesRead ?? Number.NaN) - before };
}

test("a body that is refused before it is read", async () => {
  const sockets = watchSockets();
  const gateway = await startTestGateway();
  const limited = await createKey(gateway, "limited", { scopes: ["operator.read"] });
  const cases: readonly (readonly [status: number, ...head: string[]])[] = [
    [401, chat, host, json],
    [403, chat, host, json, `Authorization: Bearer ${limited}`],
    [404, "POST /nothing HTTP/1.1", host, json, bearer],
    [404, "POST /v1/responses HTTP/1.1", host, json, bearer],
    [405, "PUT /v1/chat/completions HTTP/1.1", host, json, bearer],
    [413, chat, host, json, bearer],
    [415, chat, host, "Content-Type: text/plain", bearer],
    // Not refused, but an endpoint that takes no body.
    [200, "GET /v1/models HTTP/1.1", host, bearer],
  ];
  const results = await Promise.all(
    cases.flatMap(([status, ...head]) =>
      [true, false].map(async (isChunked) => ({
        expected: status,
        isChunked,
        ...(await sendEndlessBody(gateway.url, sockets, head, isChunked)),
      })),
    ),
  );
  for (const { expected, isChunked, status, readBytes } of results) {
    expect.soft(status).toBe(expected);
    // A chunked body is read up to the limit of the endpoint before it is refused.
    const allowed = expected === 413 && isChunked ? 20_000_000 + 2 * maxReadBytes : maxReadBytes;
    expect.soft(readBytes, `${expected} ${isChunked ? "chunked" : ""}`).toBeLessThanOrEqual(allowed);
  }

  for (let attempt = 0; attempt < 12; attempt += 1)
    await (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: "Bearer wrong" } })).text();
  for (const isChunked of [true, false]) {
    const { status, readBytes } = await sendEndlessBody(
      gateway.url,
      sockets,
      [chat, host, json, "Authorization: Bearer wrong"],
      isChunked,
    );
    expect.soft(status).toBe(429);
    expect.soft(readBytes).toBeLessThanOrEqual(maxReadBytes);
  }
});

test("a body that is refused while the gateway stops", async () => {
  const sockets = watchSockets();
  const { model, emit, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model, config: chatConfig });
  const running = postChat(gateway.url, createChatBody("hello"));
  await waitForCall();
  const stopped = gateway.stop();
  const results = [true, false].map((isChunked) =>
    sendEndlessBody(gateway.url, sockets, [chat, host, json, bearer], isChunked),
  );
  for (const { status, readBytes } of await Promise.all(results)) {
    expect(status).toBe(503);
    expect(readBytes).toBeLessThanOrEqual(maxReadBytes);
  }
  emit(finishEvent);
  expect((await running).status).toBe(200);
  await stopped;
});

test("a small refused body is discarded, and the connection serves the next request", async () => {
  const { url } = await startTestGateway();
  const connection = await openRawConnection(url);
  const body = " ".repeat(60_000);
  for (const head of [
    [chat, host, json],
    ["POST /nothing HTTP/1.1", host, bearer],
  ]) {
    connection.send(formatRequest([...head, `Content-Length: ${body.length}`]));
    expect((await connection.readResponse()).status).toBeGreaterThanOrEqual(401);
    connection.send(body);
  }
  connection.send(formatRequest(["GET /healthz HTTP/1.1", host]));
  expect((await connection.readResponse()).status).toBe(200);
});
