/** Options of the typed client: defaults from the environment, time limits, retries of one call, and hooks. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { createClient, type RetryInfo } from "../../clients/typescript/src/index.ts";
import { createChat } from "../../clients/typescript/src/chat.ts";
import { connect } from "../../clients/typescript/src/socket.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createGatedModel } from "../support/providers/scripted-model.ts";

afterEach(() => vi.unstubAllEnvs());

const body = { model: "openclaw", messages: [{ role: "user" as const, content: "Say hello." }] };
const noModels = { object: "list", data: [] };

async function startServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("address and token come from the environment, and options override them", async () => {
  const seen: unknown[] = [];
  const url = await startServer(({ headers, url: path }, res) => {
    seen.push([path, headers.authorization]);
    res.end(JSON.stringify(noModels));
  });
  vi.stubEnv("OPENCLAW_GATEWAY_URL", `${url.replace("http", "ws")}/`);
  vi.stubEnv("OPENCLAW_GATEWAY_TOKEN", "of-the-environment");
  await createClient().models.list();
  await createClient({ baseUrl: `${url}/v1`, token: "mine" }).models.list();
  await createClient({ token: null }).models.list();

  expect(seen).toEqual([
    ["/v1/models", "Bearer of-the-environment"],
    ["/v1/models", "Bearer mine"],
    ["/v1/models", undefined],
  ]);
});

test("chat and socket alone take the same options", async () => {
  const { model, waitForCall, emit } = createGatedModel();
  const { url } = await startTestGateway({ model });
  vi.stubEnv("OPENCLAW_GATEWAY_URL", url);
  vi.stubEnv("OPENCLAW_GATEWAY_TOKEN", token);
  const reply = createChat().completions.create(body);
  await waitForCall();
  emit({ type: "text", text: "Hello." });
  emit({ type: "finish", reason: "stop" });
  expect((await reply).choices[0]?.message.content).toBe("Hello.");
  const socket = await connect();
  expect((await socket.call("agents.list")).agents).toHaveLength(1);
  socket.close();
});

test("a reply that takes longer than the timeout rejects with the code timeout, and its run is stopped", async () => {
  const { model, waitForCall } = createGatedModel();
  const { url } = await startTestGateway({ model });
  const failure = createClient({ baseUrl: url, token, timeout: 1_500 })
    .chat.completions.create(body)
    .catch((error: unknown) => error);
  const run = await waitForCall();

  expect(await failure).toMatchObject({
    code: "timeout",
    status: undefined,
    message: expect.stringContaining("1500 ms") as string,
  });
  await expect.poll(() => run.signal.aborted).toBe(true);
});

test("the timeout of a call overrides that of the client, and ends when a stream starts", async () => {
  const chunk = { choices: [{ index: 0, delta: { content: "Hello." } }] };
  const url = await startServer((_, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    // Later than the timeout: only time that passes shows that the limit is gone.
    setTimeout(() => res.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`), 1_200);
  });
  const client = createClient({ baseUrl: url, timeout: 1 });
  const stream = await client.chat.completions.create({ ...body, stream: true }, { timeout: 1_000 });
  expect(await stream.text()).toBe("Hello.");
});

test("a read that timed out is retried, a run is not", async () => {
  let requests = 0;
  const url = await startServer((_, res) => {
    requests += 1;
    if (requests > 1) res.end(JSON.stringify(noModels));
  });
  const client = createClient({ baseUrl: url, timeout: 2_000 });
  expect(await client.models.list()).toEqual(noModels);
  expect(requests).toBe(2);
  requests = -10;
  const silent = createClient({ baseUrl: await startServer(() => (requests += 1)), timeout: 1_000 });
  await expect(silent.chat.completions.create(body)).rejects.toMatchObject({ code: "timeout" });
  expect(requests).toBe(-9);
});

test("maxRetries of a call overrides that of the client", async () => {
  let requests = 0;
  const url = await startServer((_, res) => {
    requests += 1;
    res.writeHead(503).end();
  });
  const client = createClient({ baseUrl: url, maxRetries: 5 });
  await expect(client.models.list({ maxRetries: 1 })).rejects.toMatchObject({ status: 503 });
  expect(requests).toBe(2);
});

test("hooks see each attempt, its response and its retry, and may add headers", async () => {
  const traces: unknown[] = [];
  const url = await startServer(({ headers }, res) => {
    traces.push(headers["traceparent"]);
    if (traces.length === 1) res.writeHead(503, { "x-request-id": "req_1" }).end();
    else res.writeHead(200, { "x-request-id": "req_2" }).end(JSON.stringify(noModels));
  });
  const log: unknown[] = [];
  const retries: RetryInfo[] = [];
  const client = createClient({
    baseUrl: url,
    token: "secret",
    hooks: {
      onRequest: ({ method, url, attempt, headers }) => {
        log.push([method, url, attempt, headers.get("authorization")]);
        headers.set("traceparent", `trace-${attempt}`);
      },
      onResponse: ({ status, requestId, durationMs }) => log.push([status, requestId, durationMs > 0]),
      onRetry: (retry) => void retries.push(retry),
    },
  });
  await client.models.list();

  const path = `${url}/v1/models`;
  expect(log).toEqual([
    ["GET", path, 1, "Bearer secret"],
    [503, "req_1", true],
    ["GET", path, 2, "Bearer secret"],
    [200, "req_2", true],
  ]);
  expect(traces).toEqual(["trace-1", "trace-2"]);
  expect(retries).toEqual([
    {
      method: "GET",
      url: path,
      attempt: 1,
      error: expect.objectContaining({ status: 503 }) as unknown,
      waitMs: expect.any(Number) as number,
    },
  ]);
});

test("a hook that throws fails its call", async () => {
  const url = await startServer((_, res) => res.end(JSON.stringify(noModels)));
  const thrown = new Error("The log is full.");
  const onResponse = (): never => {
    throw thrown;
  };
  await expect(createClient({ baseUrl: url, hooks: { onResponse } }).models.list()).rejects.toBe(thrown);
});
