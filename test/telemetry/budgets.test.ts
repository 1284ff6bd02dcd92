import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { chatConfig, createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey, request } from "../support/gateway/keys.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";
import { createCountingConfig, startCountingProvider } from "../support/telemetry/counting-provider.ts";

interface Failure {
  readonly error: { readonly code: string; readonly type: string; readonly message: string };
}

/** A call with `n=1` has 11 input and 2 output tokens; at 3 and 15 dollars a million they cost 63 millionths of a dollar. */
const costOfOneCall = 63e-6;

const withBudgets = (baseUrl: string, budgets: ConfigInput["budgets"]): ConfigInput => ({
  ...createCountingConfig(baseUrl),
  budgets,
});

const everyEndpoint = {
  responses: { enabled: true },
  messages: { enabled: true },
  mcp: { enabled: true },
} as const;

const body = createChatBody("n=1", { max_tokens: 2 });

async function readFailure(response: Response): Promise<readonly unknown[]> {
  const { error } = (await response.json()) as Failure;
  return [response.status, error.code, error.type, response.headers.get("x-should-retry")];
}

test("50 runs at once on the last cent overshoot by one reservation at most", async () => {
  const provider = await startCountingProvider();
  const calls = 10;
  const { url } = await startTestGateway({
    config: withBudgets(provider.baseUrl, { keys: { operator: { usdPerDay: calls * costOfOneCall } } }),
  });
  for (let call = 1; call < calls; call += 1) expect((await postChat(url, body)).status).toBe(200);
  const answers = await Promise.all(Array.from({ length: 50 }, () => postChat(url, body)));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status === 429)).toHaveLength(49);
  expect(provider.calls).toHaveLength(calls);
  expect(await readFailure(await postChat(url, body))).toEqual([
    429,
    "budget_exceeded",
    "insufficient_quota",
    "false",
  ]);
});

test("what was spent survives a restart, and belongs to the key or the agent that spent it", async () => {
  const provider = await startCountingProvider();
  const config = withBudgets(provider.baseUrl, { keys: { "*": { tokensPerDay: 20 } } });
  const first = await startTestGateway({ config });
  const secrets = [await createKey(first, "ada"), await createKey(first, "bob")] as const;
  const ask = (gateway: { readonly url: string }, secret: string): Promise<Response> =>
    request(gateway, "/v1/chat/completions", { secret, body });
  expect((await ask(first, secrets[0])).status).toBe(200);
  expect((await ask(first, secrets[0])).status).toBe(200);
  expect((await ask(first, secrets[0])).status).toBe(429);
  await first.stop();
  const second = await startTestGateway({ config, stateDir: first.stateDir });
  expect((await ask(second, secrets[0])).status).toBe(429);
  expect((await ask(second, secrets[1])).status).toBe(200);
});

test("a budget is checked between the steps of a run, and a day later there is a new one", async () => {
  const provider = await startCountingProvider();
  let now = Date.UTC(2026, 0, 1);
  const { url } = await startTestGateway({
    config: withBudgets(provider.baseUrl, { agents: { main: { tokensPerDay: 13 } } }),
    clock: () => now,
  });
  expect((await postChat(url, body)).status).toBe(200);
  expect((await postChat(url, body)).status).toBe(429);
  now += 86_400_000;
  expect((await postChat(url, body)).status).toBe(200);
});

test("a call that failed before its answer costs nothing", async () => {
  const provider = await startCountingProvider();
  const { url } = await startTestGateway({
    config: withBudgets(provider.baseUrl, { keys: { operator: { tokensPerDay: 13 } } }),
  });
  for (let attempt = 0; attempt < 3; attempt += 1)
    expect((await postChat(url, createChatBody("n=1 fail"))).status).toBe(502);
  expect((await postChat(url, body)).status).toBe(200);
  expect((await postChat(url, body)).status).toBe(429);
});

test("requests and tokens per minute have their headers, and a retry helps in the next minute", async () => {
  const provider = await startCountingProvider();
  let now = Date.UTC(2026, 0, 1, 0, 0, 48);
  const { url } = await startTestGateway({
    config: withBudgets(provider.baseUrl, {
      keys: { operator: { requestsPerMinute: 2, tokensPerMinute: 1_000 } },
    }),
    clock: () => now,
  });
  const readRates = ({ headers }: Response): readonly (string | null)[] =>
    ["limit", "remaining", "reset"].flatMap((what) =>
      ["requests", "tokens"].map((unit) => headers.get(`x-ratelimit-${what}-${unit}`)),
    );
  expect(readRates(await postChat(url, body))).toEqual(["2", "1000", "1", "1000", "12s", "12s"]);
  expect(readRates(await postChat(url, body))).toEqual(["2", "1000", "0", "987", "12s", "12s"]);
  const rejected = await postChat(url, body);
  expect(rejected.headers.get("retry-after")).toBe("12");
  expect(readRates(rejected)).toEqual(["2", "1000", "0", "974", "12s", "12s"]);
  expect(await readFailure(rejected)).toEqual([429, "too_many_requests", "rate_limit_error", "true"]);
  now += 12_000;
  expect((await postChat(url, body)).status).toBe(200);
});

test("operations that start no run have the headers of a rate, and count only for a key's own limit", async () => {
  const provider = await startCountingProvider();
  const gateway = await startTestGateway({
    config: {
      ...withBudgets(provider.baseUrl, { keys: { operator: { requestsPerMinute: 7 } } }),
      gateway: { http: { endpoints: everyEndpoint } },
    },
  });
  const own = await createKey(gateway, "limited", { scopes: ["run", "tools"], requestsPerMinute: 9 });
  const input = "How long is this?";
  const messages = [{ role: "user", content: input }];
  const call = (id: number, method: string): object => ({ jsonrpc: "2.0", id, method, params: {} });
  const requests = [
    ["/v1/responses/input_tokens", "x-ratelimit-remaining-requests", { model: "openclaw", input }],
    ["/v1/messages/count_tokens", "anthropic-ratelimit-requests-remaining", { model: "openclaw", messages }],
    ["/tools/invoke", "x-ratelimit-remaining-requests", { tool: "session_status", dryRun: true }],
    ["/mcp", "x-ratelimit-remaining-requests", call(1, "ping")],
  ] as const;
  const readRemaining = async (secret: string): Promise<readonly unknown[]> => {
    const remaining: unknown[] = [];
    for (const [path, header, content] of requests) {
      const { status, headers } = await request(gateway, path, { secret, body: content });
      remaining.push([path, status, headers.get(header)]);
    }
    return remaining;
  };
  const paths = requests.map(([path]) => path);
  expect(await readRemaining(own)).toEqual(paths.map((path, index) => [path, 200, String(8 - index)]));
  expect(await readRemaining(token)).toEqual(paths.map((path) => [path, 200, "7"]));
});

test("without a rate no answer has the headers", async () => {
  const provider = await startCountingProvider();
  const { url } = await startTestGateway({ config: createCountingConfig(provider.baseUrl) });
  const { headers } = await postChat(url, body, { headers: { authorization: `Bearer ${token}` } });
  expect([...headers.keys()].filter((name) => name.startsWith("x-ratelimit"))).toEqual([]);
});

test("a call that ends on the next day belongs to the day on which it began", async () => {
  const called = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const answer = createScriptedModel([{ text: "ok" }]);
  let now = Date.UTC(2026, 0, 2) - 1;
  const { url } = await startTestGateway({
    config: { ...chatConfig, budgets: { keys: { operator: { tokensPerDay: 2 } } } },
    model: async function* (call, signal) {
      called.resolve();
      await released.promise;
      yield* answer(call, signal);
    },
    clock: () => now,
  });
  const first = postChat(url, body);
  await called.promise;
  now += 1;
  released.resolve();
  expect((await first).status).toBe(200);
  expect((await postChat(url, body)).status).toBe(200);
  expect((await postChat(url, body)).status).toBe(429);
});
