import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { says } from "../../contracts/examples/script.ts";
import { postChat, createChatBody, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";
import {
  connectTestSocket,
  createConnectParams,
  openTestSocket,
  toWebSocketUrl,
  type TestSocket,
} from "../support/sockets/socket.ts";

/** Sends an upgrade request over TCP. Resolves to the socket and the status line of the response. */
async function upgrade(
  url: string,
  headers: readonly string[] = [],
  path = "/",
): Promise<{ status: string; socket: Socket }> {
  const { hostname, port, host } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  const lines = [
    `GET ${path} HTTP/1.1`,
    ...(headers.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${host}`]),
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const [data] = (await once(socket, "data")) as [Buffer];
  return { status: data.toString().split("\r\n", 1)[0] ?? "", socket };
}

const waitForClose = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once("close", () => resolve()));

const waitForDrain = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once("drain", () => resolve()));

/** Builds a masked client frame with a mask of zeros. */
function frame(opcode: number, fin: boolean, payload: Buffer): Buffer {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 14 : 6);
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (long) {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  } else head[1] = 0x80 | payload.length;
  return Buffer.concat([head, payload]);
}

/** Maximum response time of another connection during the attack, in milliseconds. A tenth is usual on a busy machine. */
const maxNoticedMs = 5_000;

/** Calls a method repeatedly during the attack. Resolves to the longest response time in milliseconds. */
async function longestWait(other: TestSocket, attack: () => Promise<void>): Promise<number> {
  const done = new AbortController();
  let longest = 0;
  const probes = (async () => {
    while (!done.signal.aborted) {
      const startedAt = performance.now();
      expect(await other.request("health")).toMatchObject({ ok: true });
      longest = Math.max(longest, performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  await attack().finally(() => done.abort());
  await probes;
  return longest;
}

test("two thousand silent upgrades: few are accepted, other connections are not delayed, and the limit recovers", async () => {
  const gateway = await startTestGateway({
    model: createScriptedModel([says("ok")]),
    // Longer than the flood, so that the number of accepted connections does not depend on its speed.
    socketLimits: { pendingGraceMs: 120_000, handshakeMs: 120_000 },
  });
  const working = await connectTestSocket(gateway);
  const results: string[] = [];
  const open: Socket[] = [];
  const flood = async (): Promise<void> => {
    for (let round = 0; round < 20; round += 1) {
      const batch = await Promise.all(Array.from({ length: 100 }, () => upgrade(gateway.url)));
      for (const { status, socket } of batch) {
        results.push(status.split(" ")[1] ?? "");
        open.push(socket);
      }
    }
  };
  expect(await longestWait(working, flood)).toBeLessThan(maxNoticedMs);
  expect(results.filter((status) => status === "101")).toHaveLength(32);
  expect(results.filter((status) => status === "503")).toHaveLength(1_968);
  const headers = { authorization: `Bearer ${token}` };
  const login = await openTestSocket(gateway.url, { headers });
  expect(await login.call("connect", createConnectParams({ auth: undefined }))).toMatchObject({ ok: true });
  expect((await postChat(gateway.url, createChatBody("hi"))).status).toBe(200);
  for (const socket of open) socket.destroy();
  await expect.poll(async () => (await upgrade(gateway.url)).status).toContain("101");
});

test("an oversized first frame is rejected before it is complete", async () => {
  const gateway = await startTestGateway();
  const other = await connectTestSocket(gateway);
  const socket = await openTestSocket(gateway.url);
  socket.send({
    type: "req",
    id: "1",
    method: "connect",
    params: { ...createConnectParams(), padding: "x".repeat(70_000) },
  });
  expect((await socket.closed).code).toBe(1009);

  const { socket: raw } = await upgrade(gateway.url);
  let sent = 0;
  const block = Buffer.alloc(64 * 1024, 0x20);
  raw.write(frame(1, true, Buffer.alloc(20 * 1024 * 1024)).subarray(0, 14));
  const closed = waitForClose(raw);
  const pour = async (): Promise<void> => {
    while (!raw.destroyed && sent < 20 * 1024 * 1024) {
      sent += block.length;
      if (!raw.write(block)) await Promise.race([waitForDrain(raw), closed]);
    }
    await closed;
  };
  expect(await longestWait(other, pour)).toBeLessThan(maxNoticedMs);
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});

test("a frame of 64 KiB is accepted before connect, and one of megabytes after it", async () => {
  const gateway = await startTestGateway();
  const socket = await openTestSocket(gateway.url);
  const hello = await socket.request(
    "connect",
    createConnectParams({ userAgent: "x".repeat(4_000), caps: Array(100).fill("y".repeat(500)) }),
  );
  expect(hello).toMatchObject({ type: "hello-ok" });
  const { error } = await socket.call("health", { probe: "x".repeat(4_000_000) });
  expect(error?.code).toBe("INVALID_REQUEST");
  expect(await socket.request("health")).toMatchObject({ ok: true });
});

test.each(["before", "after"])(
  "a message of a million one-byte fragments %s connect closes only that connection",
  async (when) => {
    const gateway = await startTestGateway();
    const other = await connectTestSocket(gateway);
    const ws = new WebSocket(toWebSocketUrl(gateway.url));
    onTestFinished(() => ws.terminate());
    ws.on("error", () => {});
    await once(ws, "open");
    if (when === "after") {
      ws.send(JSON.stringify({ type: "req", id: "1", method: "connect", params: createConnectParams() }));
      await new Promise<void>((resolve) =>
        ws.on("message", (data: Buffer) => {
          if (data.toString().includes("hello-ok")) resolve();
        }),
      );
    }
    const raw = (ws as unknown as { readonly _socket: Socket })._socket;
    const closed = waitForClose(raw);
    const fragments = Buffer.concat(Array.from({ length: 10_000 }, () => frame(0, false, Buffer.from("x"))));
    raw.write(frame(1, false, Buffer.from('"')));
    const pour = async (): Promise<void> => {
      for (let i = 0; i < 100 && !raw.destroyed; i += 1) {
        if (!raw.write(fragments)) await Promise.race([waitForDrain(raw), closed]);
      }
      await closed;
    };
    expect(await longestWait(other, pour)).toBeLessThan(maxNoticedMs);
  },
);

test("a client that does not read misses deltas, is closed before it misses more, and delays no other client", async () => {
  const text = "x".repeat(200_000);
  const gateway = await startTestGateway({
    model: createScriptedModel([says(text)]),
    socketLimits: { maxBufferedBytes: 4_000_000 },
  });
  const [idle, reader] = [await connectTestSocket(gateway), await connectTestSocket(gateway)];
  const { _socket: tcp } = idle.ws as unknown as { readonly _socket: Socket };
  tcp.pause();
  for (let i = 0; i < 40; i += 1) {
    const result = await reader.request("agent.wait", { runId: `r${i}`, timeoutMs: 0 });
    expect(result).toMatchObject({ status: "timeout" });
    await reader.request("chat.send", { sessionKey: `s${i}`, message: "hi", idempotencyKey: `r${i}` });
    await reader.waitForFrame(({ event, payload }) => {
      const { state, runId } = payload as { state?: string; runId?: string };
      return event === "chat" && state === "final" && runId === `r${i}`;
    });
  }
  tcp.resume();
  expect((await idle.closed).code).toBe(1013);
  for (const { frames } of [idle, reader]) {
    const counted = frames.flatMap(({ seq }) => seq ?? []);
    expect(counted).toEqual(counted.map((_, index) => index + 1));
  }
  expect(idle.frames.length).toBeLessThan(reader.frames.length);
});

test("one connection can have at most 64 unanswered calls", async () => {
  const gateway = await startTestGateway({ model: createGatedModel().model });
  const socket = await connectTestSocket(gateway);
  for (let i = 0; i < 65; i += 1) {
    socket.send({
      type: "req",
      id: `w${i}`,
      method: "agent.wait",
      params: { runId: "none", timeoutMs: 60_000 },
    });
  }
  const refused = await socket.waitForFrame(({ ok }) => ok === false);
  expect(refused).toMatchObject({ id: "w64", error: { code: "UNAVAILABLE", retryable: true } });
});

test.each([
  ["a page of another origin", ["Origin: https://evil.example"], "403"],
  ["a page of another site without an origin", ["Sec-Fetch-Site: cross-site"], "403"],
  ["a foreign host name", ["Host: evil.example"], "421"],
  ["two hosts", ["Host: localhost", "Host: evil.example"], "400"],
  ["two credentials", ["Authorization: Bearer a", "Authorization: Bearer b"], "400"],
])("%s is rejected before the upgrade", async (_, headers, status) => {
  const { url } = await startTestGateway();
  expect((await upgrade(url, headers)).status).toContain(` ${status} `);
});

test("the gateway's own origin and a configured one are accepted", async () => {
  const origin = "https://app.example.com";
  const { url } = await startTestGateway({
    config: { gateway: { http: { cors: { allowedOrigins: [origin] } } } },
  });
  expect((await upgrade(url, [`Origin: ${url}`])).status).toContain(" 101 ");
  expect((await upgrade(url, [`Origin: ${origin}`])).status).toContain(" 101 ");
});

test("an invalid handshake gets an error", async () => {
  const { url } = await startTestGateway();
  const { status } = await upgrade(url, ["Sec-WebSocket-Version: 99"]);
  expect(status).toContain(" 400 ");
});

test.each(["//", "/%2F", "/socket", "/?", "http://127.0.0.1/"])(
  "only / has a socket, not %s",
  async (path) => {
    const { url } = await startTestGateway();
    const { status } = await upgrade(url, [], path);
    expect(status).toContain(path === "/?" ? " 101 " : " 404 ");
  },
);

test("a client that offers HTTP/2 gets an HTTP/1.1 response", async () => {
  const { url } = await startTestGateway();
  const { port, hostname, host } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(
    `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
  );
  const [data] = (await once(socket, "data")) as [Buffer];
  expect(data.toString()).toContain("HTTP/1.1 200 OK");
});

test("invalid frames after connect get an error, and the connection stays open", async () => {
  const gateway = await startTestGateway();
  const socket = await connectTestSocket(gateway);
  for (const text of [
    "{",
    "[]",
    '{"type":"res","id":"1"}',
    '{"type":"req","id":"x1","method":"health","params":1}',
    `${"[".repeat(500)}${"]".repeat(500)}`,
  ]) {
    socket.send(text);
  }
  await expect.poll(() => socket.frames.filter(({ ok }) => ok === false).length).toBe(5);
  const answers = socket.frames.filter(({ ok }) => ok === false);
  expect(answers.map(({ id }) => id)).toEqual(["invalid", "invalid", "1", "x1", "invalid"]);
  expect((await socket.call("helth")).error?.message).toContain("Did you mean health?");
  expect((await socket.call("health", { probe: "yes" })).error?.details).toEqual({
    code: "invalid_type",
    param: "probe",
  });
  expect(await socket.request("health")).toMatchObject({ ok: true });
  socket.ws.send(Buffer.from("{}"), { binary: true });
  expect((await socket.closed).code).toBe(1003);
});

test("a client that goes on sending invalid frames is closed, and one that errs now and then is not", async () => {
  const gateway = await startTestGateway({ socketLimits: { maxInvalidFrames: 5 } });
  const careless = await connectTestSocket(gateway);
  for (let sent = 0; sent < 5; sent += 1) careless.send("{");
  expect(await careless.request("health")).toMatchObject({ ok: true });
  const hostile = await connectTestSocket(gateway);
  for (let sent = 0; sent < 6; sent += 1) hostile.send("{");
  expect(await hostile.closed).toEqual({ code: 1008, reason: "too many invalid frames" });
});
