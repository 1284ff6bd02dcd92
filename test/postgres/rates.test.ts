/** Rates and lockouts of gateways that share a database: each gateway counts the requests of all. */
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { createChatBody, postChat, type TestGateway } from "../support/gateway/gateway.ts";
import { createHooksConfig, runHook, wakeSession } from "../support/gateway/hooks.ts";
import { createKey, request } from "../support/gateway/keys.ts";
import { createSharedConfig, startNodes } from "../support/postgres/nodes.ts";
import { startPostgres } from "../support/postgres/server.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const body = createChatBody("say hi", { max_tokens: 2 });

const ask = ({ url }: TestGateway, secret?: string): Promise<Response> =>
  postChat(url, body, secret === undefined ? {} : { headers: { authorization: `Bearer ${secret}` } });

const countStatuses = (answers: readonly Response[]): Record<string, number> =>
  Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => String(status))].map(([status, { length }]) => [status, length]),
  );

/** Sends `count` requests at once, to the nodes in turn. */
const askAtOnce = (nodes: readonly [TestGateway, ...TestGateway[]], count: number, secret?: string) =>
  Promise.all(
    Array.from({ length: count }, (_, index) => ask(nodes[index % nodes.length] ?? nodes[0], secret)),
  );

const minuteMs = 60_000;
const getMinute = (): number => Math.floor(Date.now() / minuteMs);

/** Runs within one minute of the database, whose clock no test sets: again in the next minute when one has ended during the run. */
async function runInOneMinute<Result>(run: () => Promise<Result>, minRestMs = 15_000): Promise<Result> {
  const restMs = minuteMs - (Date.now() % minuteMs);
  if (restMs < minRestMs) await new Promise((resolve) => setTimeout(resolve, restMs + 100));
  const minute = getMinute();
  const result = await run();
  // The run has counted in this minute too.
  return getMinute() === minute ? result : runInOneMinute(run, minuteMs);
}

test("all nodes count the requests of a key exactly, also those that arrive together", async () => {
  const nodes = await startNodes(2);
  const secret = await createKey(nodes[0], "ada", { requestsPerMinute: 20 });
  await expect.poll(async () => (await request(nodes[1], "/v1/models", { secret })).status).toBe(200);
  const answers = await askAtOnce(nodes, 40, secret);
  expect(countStatuses(answers)).toEqual({ 200: 19, 429: 21 });
  const rejection = answers.find(({ status }) => status === 429);
  expect(await rejection?.json()).toMatchObject({
    error: { code: "too_many_requests", message: expect.stringContaining("20 requests a minute") as string },
  });
  expect(Number(rejection?.headers.get("retry-after"))).toBeGreaterThan(30);
  expect(rejection?.headers.get("x-ratelimit-remaining-requests")).toBe("0");
});

describe.each([
  ["an agent", { agents: { main: { requestsPerMinute: 10 } } }, null],
  ["a key", { keys: { operator: { requestsPerMinute: 10 } } }, "0"],
] satisfies readonly (readonly [string, ConfigInput["budgets"], string | null])[])(
  "the runs of %s",
  (_, budgets, remaining) => {
    test("are counted by all nodes when they begin in one minute", async () => {
      const nodes = await startNodes(2, { config: createSharedConfig({ budgets }) });
      const { answers, later } = await runInOneMinute(async () => ({
        answers: await askAtOnce(nodes, 30),
        later: await ask(nodes[1]),
      }));
      expect(countStatuses(answers)).toEqual({ 200: 10, 429: 20 });
      expect(later.headers.get("x-ratelimit-remaining-requests")).toBe(remaining);
    });
  },
);

test("nodes take portions of a high limit, and admit no request beyond it", async () => {
  const budgets = { keys: { operator: { requestsPerMinute: 200 } } };
  const nodes = await startNodes(2, { config: createSharedConfig({ budgets }) });
  const askInTurn = async (node: TestGateway): Promise<readonly Response[]> => {
    const responses: Response[] = [];
    for (let count = 0; count < 30; count += 1) responses.push(await ask(node));
    return responses;
  };
  const answers = await runInOneMinute(() =>
    Promise.all(Array.from({ length: 8 }, (_, caller) => askInTurn(nodes[caller % 2] ?? nodes[0]))),
  );
  const { 200: admissions = 0 } = countStatuses(answers.flat());
  expect(admissions).toBeLessThanOrEqual(200);
  // Each node may hold a part of its last portion of two.
  expect(admissions).toBeGreaterThanOrEqual(198);
});

test("all nodes count the tokens of a minute together", async () => {
  const budgets = { agents: { main: { tokensPerMinute: 6 } } };
  // A run uses five tokens.
  const model = createScriptedModel([{ text: "Hi." }, { finish: "stop", usage: { input: 3, output: 2 } }]);
  const nodes = await startNodes(2, { config: createSharedConfig({ budgets }), model });
  const rejection = await runInOneMinute(async () => {
    expect((await ask(nodes[0])).status).toBe(200);
    // The first run gives back the rest of its reservation after its answer.
    await expect.poll(async () => (await ask(nodes[1])).status).toBe(200);
    return await ask(nodes[0]);
  });
  expect([rejection.status, rejection.headers.get("x-should-retry")]).toEqual([429, "true"]);
  expect(await rejection.json()).toMatchObject({ error: { code: "too_many_requests" } });
});

test("all nodes count the wrong credentials of an address, and a right one is never locked out", async () => {
  const gateway = { auth: { rateLimit: { maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000 } } };
  const nodes = await startNodes(2, { config: createSharedConfig({ gateway }) });
  const guesses = await Promise.all(
    Array.from({ length: 8 }, (_, index) => ask(nodes[index % 2] ?? nodes[0], `wrong${index}`)),
  );
  expect(countStatuses(guesses)).toEqual({ 401: 3, 429: 5 });
  for (const node of nodes) {
    const rejection = await ask(node, "wrong");
    expect([rejection.status, Number(rejection.headers.get("retry-after")) > 30]).toEqual([429, true]);
    expect(await rejection.json()).toMatchObject({ error: { code: "too_many_failed_credentials" } });
    expect((await ask(node)).status).toBe(200);
  }
});

test("all nodes count the wrong tokens of hooks, apart from other wrong credentials", async () => {
  const { hooks } = createHooksConfig();
  const nodes = await startNodes(2, { config: createSharedConfig({ hooks }) });
  const wrongToken = { authorization: "Bearer wrong" };
  const guess = async (node: TestGateway): Promise<number> => (await runHook(node, {}, wrongToken)).status;
  const statuses = await Promise.all(
    Array.from({ length: 24 }, (_, index) => guess(nodes[index % 2] ?? nodes[0])),
  );
  expect(statuses.filter((status) => status === 401)).toHaveLength(20);
  for (const node of nodes) {
    expect(await guess(node)).toBe(429);
    expect((await wakeSession(node, { text: "x" })).status).toBe(200);
    expect((await ask(node, "wrong")).status).toBe(401);
  }
});

test("a lockout ends, and the next window starts at zero", async () => {
  const gateway = { auth: { rateLimit: { maxAttempts: 1, windowMs: 2_000, lockoutMs: 2_000 } } };
  const [first, second] = await startNodes(2, { config: createSharedConfig({ gateway }) });
  const guess = async (node: TestGateway): Promise<number> => (await ask(node, "wrong")).status;
  await expect.poll(async () => [await guess(first), await guess(second)]).toEqual([401, 429]);
  await expect.poll(() => guess(first)).toBe(401);
});

test("without the database limited requests are 503, and they are answered when it is back", async () => {
  const server = await startPostgres(["max_connections = 50"]);
  try {
    const session = { store: { type: "postgres", url: server.url, schema: "rates", poolSize: 3 } } as const;
    const budgets = { agents: { main: { requestsPerMinute: 1_000 } } };
    const gateway = { http: { endpoints: { chatCompletions: { enabled: true } } } };
    const [node] = await startNodes(2, { config: { session, budgets, gateway } });
    const secret = await createKey(node, "ada", { requestsPerMinute: 50 });
    await server.stop("immediate");
    const readCode = async (answer: Response): Promise<readonly unknown[]> => {
      const { error } = (await answer.json()) as { readonly error: { readonly code: string } };
      return [answer.status, error.code];
    };
    const unavailable = [503, "storage_unavailable"];
    expect(await readCode(await request(node, "/v1/models", { secret }))).toEqual(unavailable);
    expect(await readCode(await request(node, "/v1/models", { secret: "wrong" }))).toEqual(unavailable);
    expect(await readCode(await ask(node))).toEqual(unavailable);
    // Nobody counts the requests of the operator, and a probe answers anybody.
    expect((await request(node, "/v1/models")).status).toBe(200);
    expect((await request(node, "/healthz", { secret: "wrong" })).status).toBe(200);
    await server.start();
    await expect.poll(async () => (await request(node, "/v1/models", { secret })).status).toBe(200);
    await expect.poll(async () => (await ask(node)).status).toBe(200);
  } finally {
    await server.remove();
  }
});
