import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createClient, type GatewayClient } from "../../clients/typescript/src/index.ts";

const body = { model: "openclaw", messages: [{ role: "user" as const, content: "Say hello." }] };
const models = { object: "list", data: [] };
const completion = { id: "chatcmpl-1", object: "chat.completion", choices: [] };

/** A response of the server; "cut" closes the connection instead. */
type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>] | "cut";

const errorReply = (status: number, code: string, headers = {}): Answer => [
  status,
  { error: { message: `No: ${code}.`, type: "server_error", param: null, code } },
  headers,
];

interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** Method and path, time of arrival and idempotency key of each request. */
  readonly requests: readonly { readonly line: string; readonly at: number; readonly key: unknown }[];
}

/** Starts a server that sends these responses in order, and repeats the last one. */
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

/** The same rules apply to streamed and unstreamed calls. */
const chatVariants = [
  ["a chat", false],
  ["a streamed chat", true],
] as const;

test.concurrent.for<readonly [what: string, failure: Answer]>([
  ["with a lost connection", "cut"],
  ["with a timeout", [408, "late"]],
  ["with a rate limit", errorReply(429, "too_many_failed_credentials", { "x-should-retry": "true" })],
  ["with an error of a proxy", [502, "<h1>Bad gateway</h1>"]],
  ["rejected by a stopping gateway", errorReply(503, "shutting_down")],
  ["with x-should-retry: true", errorReply(409, "conflict", { "x-should-retry": "true" })],
])("a read %s is retried", async ([, failure]) => {
  await using server = await startServer(failure, failure, [200, models]);

  expect(await createTestClient(server).models.list()).toEqual(models);
  expect(server.requests.map(({ line }) => line)).toEqual(Array(3).fill("GET /v1/models"));
});

test.concurrent.for<readonly [what: string, failure: Answer, code: string]>([
  ["of an unknown model", errorReply(404, "model_not_found"), "model_not_found"],
  ["with a response that is not JSON", [200, "<h1>Welcome</h1>"], "invalid_response"],
  [
    "with x-should-retry: false",
    errorReply(500, "internal_error", { "x-should-retry": "false" }),
    "internal_error",
  ],
  [
    "with a Retry-After of one hour",
    errorReply(503, "shutting_down", { "retry-after": "3600" }),
    "shutting_down",
  ],
])("a read %s is not retried", async ([, failure, code]) => {
  await using server = await startServer(failure, [200, models]);

  await expect(createTestClient(server).models.retrieve("openclaw")).rejects.toMatchObject({ code });
  expect(server.requests).toHaveLength(1);
});

test.concurrent.for([
  [0, 1],
  [1, 2],
  [undefined, 3],
] as const)("with maxRetries %s a failing read is sent %s times", async ([maxRetries, times]) => {
  await using server = await startServer(errorReply(500, "internal_error"));

  await expect(createTestClient(server, maxRetries).models.list()).rejects.toMatchObject({ status: 500 });
  expect(server.requests).toHaveLength(times);
});

test.concurrent("health and readiness are not retried", async () => {
  await using server = await startServer("cut");
  const client = createTestClient(server);

  await expect(client.health()).rejects.toMatchObject({ code: "connection_failed" });
  await expect(client.ready()).rejects.toMatchObject({ code: "connection_failed" });
  expect(server.requests).toHaveLength(2);
});

test.concurrent.for(["1", new Date(Date.now() + 60 * 60 * 1000).toUTCString()])(
  "Retry-After: %s gives the seconds",
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

test.concurrent("a retry comes no earlier than Retry-After", async () => {
  await using server = await startServer(errorReply(503, "server_overloaded", { "retry-after": "1" }), [
    200,
    models,
  ]);
  await createTestClient(server).models.list();

  const [first, second] = server.requests;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
});

for (const [chat, stream] of chatVariants) {
  const ask = (server: ScriptedServer, signal?: AbortSignal, idempotencyKey?: string): Promise<unknown> =>
    createTestClient(server).chat.completions.create({ ...body, stream }, { signal, idempotencyKey });

  test.concurrent.for<readonly [code: string, status: number]>([
    ["server_overloaded", 503],
    ["session_busy", 429],
  ])(`${chat} that was rejected with %s never started: it is retried`, async ([code, status]) => {
    await using server = await startServer(errorReply(status, code, { "x-should-retry": "true" }), [
      200,
      completion,
    ]);
    await ask(server);

    expect(server.requests.map(({ line }) => line)).toEqual(Array(2).fill("POST /v1/chat/completions"));
  });

  test.concurrent.for<readonly [what: string, failure: Answer]>([
    ["with a lost connection", "cut"],
    ["with an error of a proxy", [502, "<h1>Bad gateway</h1>"]],
    [
      "with a rate limit of the provider",
      errorReply(429, "rate_limit_exceeded", { "x-should-retry": "true" }),
    ],
    ["with an error of the provider", errorReply(502, "upstream_error", { "x-should-retry": "true" })],
    ["with a run timeout", errorReply(504, "run_timeout")],
    ["aborted by a stopping gateway", errorReply(503, "shutting_down", { "x-should-retry": "true" })],
    ["that lost its session in the middle", errorReply(429, "session_busy", { "x-should-retry": "false" })],
  ])(`${chat} %s may have run: it is not retried`, async ([, failure]) => {
    await using server = await startServer(failure, [200, completion]);

    await expect(ask(server)).rejects.toMatchObject({ name: "GatewayRequestError" });
    expect(server.requests).toHaveLength(1);
  });

  test.concurrent(`${chat} without a listening server is retried`, async () => {
    await using server = await startServer([200, completion]);
    const closedServer = await startServer();
    await closedServer[Symbol.asyncDispose]();
    let tries = 0;
    const client = createClient({
      baseUrl: server.url,
      // The connection is refused, as by a gateway that is restarting.
      fetch: (request) => fetch(++tries < 3 ? closedServer.url : request),
    });
    await client.chat.completions.create({ ...body, stream });

    expect({ tries, arrived: server.requests.length }).toEqual({ tries: 3, arrived: 1 });
  });

  test.concurrent.for<readonly [what: string, failure: Answer]>([
    ["with a lost connection", "cut"],
    ["that is still in progress", errorReply(409, "idempotency_in_progress", { "x-should-retry": "true" })],
  ])(`${chat} with a key %s is retried with the same key: the gateway runs it once`, async ([, failure]) => {
    await using server = await startServer(failure, [200, completion]);
    await ask(server, undefined, "key-1");

    expect(server.requests.map(({ key }) => key)).toEqual(["key-1", "key-1"]);
  });

  test.concurrent(`${chat} with a key whose provider failed is not retried: it would run again`, async () => {
    await using server = await startServer(errorReply(502, "upstream_error", { "x-should-retry": "true" }));

    await expect(ask(server, undefined, "key-1")).rejects.toMatchObject({ code: "upstream_error" });
    expect(server.requests).toHaveLength(1);
  });

  test.concurrent(`an abort ends the wait before ${chat} is retried`, async () => {
    await using server = await startServer(errorReply(503, "server_overloaded", { "retry-after": "20" }));
    const controller = new AbortController();
    const reason = new Error("The user closed the window.");
    const call = ask(server, controller.signal).catch((thrown: unknown) => thrown);
    await expect.poll(() => server.requests.length).toBe(1);
    // The response is read by then. If it were not, the outcome would be the same.
    setTimeout(() => controller.abort(reason), 100);

    expect(await call).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
}
