import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { GatewayError } from "../../server/lib/errors.ts";
import { sendEvents, type StreamLimits } from "../../server/http/event-stream.ts";
import { openRawConnection, formatRequest, type RawConnection } from "../support/sockets/raw-http.ts";
import { waitUntilStable } from "../support/wait-until-stable.ts";

/** Timeouts that no test reaches by accident. */
const longTimeouts: StreamLimits = {
  headersAfterMs: 60_000,
  keepAliveMs: 60_000,
  maxUnreadBytes: 1_048_576,
  slowReaderMs: 60_000,
};

interface StreamedResponse {
  readonly connection: RawConnection;
  readonly response: Promise<ServerResponse>;
  /** Resolves when `sendEvents` settles: to undefined, or to the error. */
  readonly outcome: Promise<unknown>;
}

/** Starts a server that sends these events to its only request. */
async function stream(
  events: AsyncIterable<unknown>,
  limits: Partial<StreamLimits> = {},
  sentinel: string | null = "[DONE]",
): Promise<StreamedResponse> {
  const started = Promise.withResolvers<ServerResponse>();
  const outcome = Promise.withResolvers<unknown>();
  const server = createServer((_, res) => {
    started.resolve(res);
    sendEvents(res, events, { sentinel: sentinel ?? undefined }, { ...longTimeouts, ...limits }).then(
      outcome.resolve,
      (error: unknown) => {
        outcome.resolve(error);
        res.end();
      },
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const connection = await openRawConnection(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  connection.send(formatRequest(["GET / HTTP/1.1", "Host: x"]));
  return { connection, response: started.promise, outcome: outcome.promise };
}

/** A source whose events the test releases one by one. */
function controlledSource() {
  const deferreds: PromiseWithResolvers<void>[] = [];
  const deferredAt = (index: number): PromiseWithResolvers<void> =>
    (deferreds[index] ??= Promise.withResolvers<void>());
  let nextIndex = 0;
  return {
    give: () => deferredAt(nextIndex++).resolve(),
    fail: (error: unknown) => deferredAt(nextIndex++).reject(error),
    async *events() {
      for (let index = 0; ; index++) {
        await deferredAt(index).promise;
        yield { index };
      }
    },
  };
}

async function* fromArray(...events: readonly unknown[]): AsyncGenerator {
  yield* events;
}

/** Returns the chunks of a chunked body as they were written. */
function parseChunks(received: string): readonly string[] {
  const body = received.slice(received.indexOf("\r\n\r\n") + 4);
  return body.split("\r\n").filter((part, index) => index % 2 === 1 && part !== "");
}

test("a stream is its frames and the sentinel, with the headers that keep proxies from holding it back", async () => {
  const { connection } = await stream(fromArray({ a: 1 }, { b: "é\n" }));
  await connection.waitForText("[DONE]\n\n");
  const head = connection.received().toLowerCase();
  expect(head).toContain("content-type: text/event-stream; charset=utf-8\r\n");
  expect(head).toContain("cache-control: no-cache, no-transform\r\n");
  expect(head).toContain("x-accel-buffering: no\r\n");
  const text = Buffer.from(parseChunks(connection.received()).join(""), "latin1").toString();
  expect(text).toBe('data: {"a":1}\n\ndata: {"b":"é\\n"}\n\ndata: [DONE]\n\n');
});

test("without a sentinel the last event is the last frame", async () => {
  const { connection } = await stream(fromArray({ a: 1 }), {}, null);
  await connection.waitForText("0\r\n\r\n");
  expect(parseChunks(connection.received()).join("")).toBe('data: {"a":1}\n\n');
});

test("headers are sent with the first event and not before", async () => {
  const source = controlledSource();
  const { connection, response } = await stream(source.events());
  await response;
  await sleep(100);
  expect(connection.received()).toBe("");
  source.give();
  await connection.waitForText('data: {"index":0}\n\n');
  source.give();
  await connection.waitForText('data: {"index":1}\n\n');
});

test("headers are sent without an event when the first event takes long", async () => {
  const source = controlledSource();
  const { connection, response } = await stream(source.events(), { headersAfterMs: 50 });
  await connection.waitForText("\r\n\r\n");
  expect((await response).headersSent).toBe(true);
  expect(parseChunks(connection.received())).toEqual([]);
});

test("a failure before the first event is thrown, and nothing is written", async () => {
  const source = controlledSource();
  const error = new GatewayError("model_not_found", "There is no such model.");
  const { response, outcome } = await stream(source.events());
  await response;
  source.fail(error);
  expect(await outcome).toBe(error);
  expect((await response).getHeader("content-type")).toBeUndefined();
});

test("a failure after an event is an error frame, and then no sentinel", async () => {
  const source = controlledSource();
  source.give();
  const { connection, outcome } = await stream(source.events());
  await connection.waitForText('"index":0');
  source.fail(new GatewayError("upstream_error", "The provider failed."));
  expect(await outcome).toBeUndefined();
  await connection.waitForText("0\r\n\r\n");
  expect(parseChunks(connection.received()).at(-1)).toBe(
    'data: {"error":{"message":"The provider failed.","type":"server_error","param":null,"code":"upstream_error"}}\n\n',
  );
  expect(connection.received()).not.toContain("[DONE]");
});

test("a failure after early headers is an error frame too", async () => {
  const source = controlledSource();
  const { connection } = await stream(source.events(), { headersAfterMs: 20 });
  await connection.waitForText("\r\n\r\n");
  source.fail(new Error("a path and a secret"));
  await connection.waitForText('"code":"internal_error"');
  expect(connection.received()).not.toContain("secret");
});

test("a failure in the same tick as the first event comes after that event", async () => {
  async function* failing(): AsyncGenerator {
    yield { first: true };
    throw new GatewayError("upstream_error", "too bad");
  }
  const { connection } = await stream(failing());
  await connection.waitForText("too bad");
  expect(connection.received().indexOf('{"first":true}')).toBeGreaterThan(0);
});

test("keep-alive comments are sent while there are no events, also before the first event", async () => {
  const source = controlledSource();
  const { connection } = await stream(source.events(), { headersAfterMs: 20, keepAliveMs: 50 });
  await connection.waitForText(": keepalive\n\n\r\n");
  source.give();
  await connection.waitForText('"index":0');
  const before = connection.received().length;
  await expect.poll(() => connection.received().slice(before)).toContain(": keepalive\n\n");
});

test("there are no comments while events are sent, nor before the headers", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const source = controlledSource();
  const { connection, response } = await stream(source.events(), { keepAliveMs: 500 });
  await response;
  vi.advanceTimersByTime(700);
  expect(connection.received()).toBe("");
  for (let index = 0; index < 3; index++) {
    source.give();
    await connection.waitForText(`"index":${index}`);
    vi.advanceTimersByTime(400);
  }
  expect(connection.received()).not.toContain("keepalive");
  vi.advanceTimersByTime(100);
  await connection.waitForText(": keepalive\n\n");
});

test("events of one tick are sent in one write", async () => {
  const { connection } = await stream(fromArray(...Array.from({ length: 20 }, (_, index) => ({ index }))));
  await connection.waitForText("0\r\n\r\n");
  const chunks = parseChunks(connection.received());
  expect(chunks).toHaveLength(1);
  expect(chunks[0]?.match(/data: /g)).toHaveLength(21);
});

const tenKilobytes = "x".repeat(10_000);

/** A source without end that counts the events taken from it. It stops when the test ends. */
function endless() {
  let count = 0;
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return {
    get count() {
      return count;
    },
    async *events(): AsyncGenerator {
      while (!controller.signal.aborted) {
        count += tenKilobytes.length;
        yield tenKilobytes;
        await new Promise(setImmediate);
      }
    },
  };
}

test("an endless source is paused when a client does not read", async () => {
  const source = endless();
  const { connection, response } = await stream(source.events(), { maxUnreadBytes: 100_000 });
  connection.socket.pause();
  const res = await response;
  await expect.poll(() => res.writableLength).toBeGreaterThan(0);
  await waitUntilStable(() => source.count);
  expect(res.writableLength).toBeLessThan(200_000);

  const before = source.count;
  connection.socket.resume();
  await expect.poll(() => source.count).toBeGreaterThan(before + 1_000_000);
});

test("a client that reads nothing is cut", async () => {
  const limits = { maxUnreadBytes: 100_000, slowReaderMs: 200 };
  const { connection, response } = await stream(endless().events(), limits);
  connection.socket.pause();
  const res = await response;
  await once(res, "close");
  expect(res.writableFinished).toBe(false);
});

test("events after a disconnect are dropped and not buffered", async () => {
  const source = endless();
  const { connection, response } = await stream(source.events(), { maxUnreadBytes: 100_000 });
  await connection.waitForText("data: ");
  connection.socket.destroy();
  const res = await response;
  if (!res.closed) await once(res, "close");
  const before = source.count;
  await expect.poll(() => source.count).toBeGreaterThan(before + 1_000_000);
  expect(res.writableLength).toBeLessThan(200_000);
});

test("a client that reads slowly is not cut", async () => {
  const events = fromArray(...Array.from({ length: 600 }, () => tenKilobytes));
  const { connection, outcome } = await stream(events, { maxUnreadBytes: 2_500_000, slowReaderMs: 1_000 });
  const { socket } = connection;
  // About 1.5 MB/s: reading the backlog takes longer than the idle limit.
  socket.on("data", () => {
    socket.pause();
    setTimeout(() => socket.resume(), 40);
  });
  expect(await outcome).toBeUndefined();
  await connection.waitForText("[DONE]");
});

test("an event that cannot be serialised as JSON is an ordinary failure", async () => {
  const { outcome } = await stream(fromArray(1n));
  expect(await outcome).toBeInstanceOf(TypeError);
});
