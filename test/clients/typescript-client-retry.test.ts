import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createClient, type GatewayClient } from "../../clients/typescript/src/index.ts";

const body = { model: "openclaw", messages: [{ role: "user" as const, content: "Say hello." }] };
const models = { object: "list", data: [] };
const completion = { id: "chatcmpl-1", object: "chat.completion", choices: [] };

/** An answer of the server; "cut" closes the connection instead. */
type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>] | "cut";

const errorReply = (status: number, code: string, headers = {}): Answer => [
  status,
  { error: { message: `No: ${code}.`, type: "server_error", param: null, code } },
  headers,
];

interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** Method and path, time of arrival and idempotency key of every request. */
  readonly requests: readonly { readonly line: string; readonly at: number; readonly key: unknown }[];
}

/** Answers in this order, the last one again and again. */
async function startServer(...answers: readonly Answer[]): Promise<ScriptedServer> {
  const requests: { line: string; at: number; key: unknown }[] = [];
  const server = createServer((req, res) => {
    const key = req.headers["idempotency-key"];
    requests.push({ line: `${req.method} ${req.url}`, at: performance.now(), key });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    req.resume().on("end", () => {
      if (answer === undefined || answer === "cut") return void res.destroy();
      const [status, content, headers] = answer;
      const text = typeof content === "string" ? content : JSON.stringify(content);
      res.writeHead(status, { "content-length": text.length, ...headers }).end(text);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      if (server.listening) await once(server.close(), "close");
    },
  };
}

const createTestClient = ({ url }: ScriptedServer, maxRetries?: number): GatewayClient =>
  createClient({ baseUrl: url, maxRetries });

/** Whole and streamed: the same rules hold. */
const ways = [
  ["a chat", false],
  ["a streamed chat", true],
] as const;

test.concurrent.for<readonly [what: string, failure: Answer]>([
  ["that was cut", "cut"],
  ["that timed out", [408, "late"]],
  ["that was limited", errorReply(429, "too_many_failed_credentials", { "x-should-retry": "true" })],
  ["that a proxy failed", [502, "<h1>Bad gateway</h1>"]],
  ["that found the gateway stopping", errorReply(503, "shutting_down")],
  ["that the gateway says to repeat", errorReply(409, "conflict", { "x-should-retry": "true" })],
])("a read %s is repeated", async ([, failure]) => {
  await using server = await startServer(failure, failure, [200, models]);

  expect(await createTestClient(server).models.list()).toEqual(models);
  expect(server.requests.map(({ line }) => line)).toEqual(Array(3).fill("GET /v1/models"));
});

test.concurrent.for<readonly [what: string, failure: Answer, code: string]>([
  ["of what is not there", errorReply(404, "model_not_found"), "model_not_found"],
  ["that is no JSON", [200, "<h1>Welcome</h1>"], "invalid_response"],
  [
    "that the gateway says not to",
    errorReply(500, "internal_error", { "x-should-retry": "false" }),
    "internal_error",
  ],
  [
    "that is to come back in an hour",
    errorReply(503, "shutting_down", { "retry-after": "3600" }),
    "shutting_down",
  ],
])("a read %s is not repeated", async ([, failure, code]) => {
  await using server = await startServer(failure, [200, models]);

  await expect(createTestClient(server).models.retrieve("openclaw")).rejects.toMatchObject({ code });
  expect(server.requests).toHaveLength(1);
});

test.concurrent.for([
  [0, 1],
  [1, 2],
  [undefined, 3],
] as const)("with maxRetries %s a failing read is asked for %s times", async ([maxRetries, times]) => {
  await using server = await startServer(errorReply(500, "internal_error"));

  await expect(createTestClient(server, maxRetries).models.list()).rejects.toMatchObject({ status: 500 });
  expect(server.requests).toHaveLength(times);
});

test.concurrent("health and readiness are asked about once: a late yes is no answer", async () => {
  await using server = await startServer("cut");
  const client = createTestClient(server);

  await expect(client.health()).rejects.toMatchObject({ code: "connection_failed" });
  await expect(client.ready()).rejects.toMatchObject({ code: "connection_failed" });
  expect(server.requests).toHaveLength(2);
});

test.concurrent.for(["1", new Date(Date.now() + 60 * 60 * 1000).toUTCString()])(
  "Retry-After: %s tells the seconds",
  async (retryAfter) => {
    await using server = await startServer(
      errorReply(429, "rate_limit_exceeded", { "retry-after": retryAfter }),
    );
    const failure: unknown = await createTestClient(server, 0)
      .models.list()
      .catch((error: unknown) => error);
    const seconds = (failure as { retryAfter: number }).retryAfter;

    if (retryAfter === "1") expect(seconds).toBe(1);
    else expect(Math.abs(seconds - 3600)).toBeLessThan(60);
  },
);

test.concurrent("a repeat comes no earlier than Retry-After", async () => {
  await using server = await startServer(errorReply(503, "server_overloaded", { "retry-after": "1" }), [
    200,
    models,
  ]);
  await createTestClient(server).models.list();

  const [first, second] = server.requests;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
});

for (const [chat, stream] of ways) {
  const ask = (server: ScriptedServer, signal?: AbortSignal, idempotencyKey?: string): Promise<unknown> =>
    createTestClient(server).chat.completions.create({ ...body, stream }, { signal, idempotencyKey });

  test.concurrent.for<readonly [code: string, status: number]>([
    ["server_overloaded", 503],
    ["session_busy", 429],
  ])(`${chat} that was refused with %s never began: it is repeated`, async ([code, status]) => {
    await using server = await startServer(errorReply(status, code, { "x-should-retry": "true" }), [
      200,
      completion,
    ]);
    await ask(server);

    expect(server.requests.map(({ line }) => line)).toEqual(Array(2).fill("POST /v1/chat/completions"));
  });

  test.concurrent.for<readonly [what: string, failure: Answer]>([
    ["that was cut", "cut"],
    ["that a proxy failed", [502, "<h1>Bad gateway</h1>"]],
    ["that the provider limited", errorReply(429, "rate_limit_exceeded", { "x-should-retry": "true" })],
    ["that the provider failed", errorReply(502, "upstream_error", { "x-should-retry": "true" })],
    ["that timed out", errorReply(504, "run_timeout")],
    ["that the gateway's stop ended", errorReply(503, "shutting_down", { "x-should-retry": "true" })],
    ["that lost its session midway", errorReply(429, "session_busy", { "x-should-retry": "false" })],
  ])(`${chat} %s may have run: it is not repeated`, async ([, failure]) => {
    await using server = await startServer(failure, [200, completion]);

    await expect(ask(server)).rejects.toMatchObject({ name: "GatewayRequestError" });
    expect(server.requests).toHaveLength(1);
  });

  test.concurrent(`${chat} that nobody listened to is repeated`, async () => {
    await using server = await startServer([200, completion]);
    const closedServer = await startServer();
    await closedServer[Symbol.asyncDispose]();
    let tries = 0;
    const client = createClient({
      baseUrl: server.url,
      // Refused as a gateway that is being restarted refuses.
      fetch: (request) => fetch(++tries < 3 ? closedServer.url : request),
    });
    await client.chat.completions.create({ ...body, stream });

    expect({ tries, arrived: server.requests.length }).toEqual({ tries: 3, arrived: 1 });
  });

  test.concurrent.for<readonly [what: string, failure: Answer]>([
    ["that was cut", "cut"],
    [
      "that is still being answered",
      errorReply(409, "idempotency_in_progress", { "x-should-retry": "true" }),
    ],
  ])(
    `${chat} with a key %s is repeated, with the same key: the gateway runs it once`,
    async ([, failure]) => {
      await using server = await startServer(failure, [200, completion]);
      await ask(server, undefined, "key-1");

      expect(server.requests.map(({ key }) => key)).toEqual(["key-1", "key-1"]);
    },
  );

  test.concurrent(
    `${chat} with a key that the provider failed is not repeated: it would run again`,
    async () => {
      await using server = await startServer(errorReply(502, "upstream_error", { "x-should-retry": "true" }));

      await expect(ask(server, undefined, "key-1")).rejects.toMatchObject({ code: "upstream_error" });
      expect(server.requests).toHaveLength(1);
    },
  );

  test.concurrent(`an abort ends the wait before ${chat} is repeated`, async () => {
    await using server = await startServer(errorReply(503, "server_overloaded", { "retry-after": "20" }));
    const controller = new AbortController();
    const reason = new Error("The user closed the window.");
    const call = ask(server, controller.signal).catch((thrown: unknown) => thrown);
    await expect.poll(() => server.requests.length).toBe(1);
    // The answer has been read by then; were it still on its way, the outcome would be the same.
    setTimeout(() => controller.abort(reason), 100);

    expect(await call).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
}
