/** What GET /readyz tells whom. */
import { expect, test } from "vitest";
import { createEngine } from "../../server/engine.ts";
import { fails, says } from "../../contracts/examples/script.ts";
import { createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const authorization = `Bearer ${token}`;
const config = { applied: true, restartRequired: [], problems: [] };
const now = Date.UTC(2026, 0, 1);
const between = (min: number, max: number): unknown =>
  expect.toSatisfy((value) => value >= min && value <= max);

/** What callers who may read learn besides the reasons, the providers and the configuration. */
const createDetails = (codes: readonly string[], isWritable = true): object => ({
  failing: codes,
  version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
  node: { id: expect.stringMatching(/^node_/) as string, name: expect.stringMatching(/^node_/) as string },
  uptimeMs: between(0, 60_000),
  drain: { active: false, requests: 1, maxMs: 25_000 },
  runs: { active: 0, waiting: 0 },
  store: { writable: isWritable, bytes: between(1, 10_000_000) },
  eventLoop: {
    utilization: between(0, 1),
    delayP99Ms: between(0, 60_000),
    delayMaxMs: between(0, 60_000),
  },
});

test("only callers who may read learn how the calls of each provider ended", async () => {
  const { model } = createModelSequence([says("hi")], [fails("upstream_auth", "The key is wrong.")]);
  const gateway = await startTestGateway({ model, clock: () => now });
  const ready = async (headers: Record<string, string> = {}): Promise<unknown> => {
    const response = await fetch(`${gateway.url}/readyz`, { headers });
    return [response.status, await response.json()];
  };
  expect((await postChat(gateway.url, createChatBody("one"))).status).toBe(200);
  expect((await postChat(gateway.url, createChatBody("two"))).status).toBe(502);

  const provider = {
    provider: "builtin",
    lastSuccessAt: now,
    lastFailure: { at: now, code: "upstream_auth" },
    recentFailures: [{ at: now, code: "upstream_auth" }],
    coolingDownUntil: now + 60_000,
  };
  expect(await ready({ authorization })).toEqual([
    200,
    { ready: true, reasons: [], ...createDetails([]), providers: [provider], config },
  ]);
  expect(await ready()).toEqual([200, { ready: true }]);
  const secret = await createKey(gateway, "runner", { scopes: ["run"] });
  expect(await ready({ authorization: `Bearer ${secret}` })).toEqual([200, { ready: true }]);
});

test("a wrong credential is rejected and counted, so that the answer's length cannot be used to guess it", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { auth: { rateLimit: { maxAttempts: 2 } } } },
  });
  const statuses = [];
  for (let round = 0; round < 3; round += 1) {
    statuses.push(
      (await fetch(`${gateway.url}/readyz`, { headers: { authorization: "Bearer guess" } })).status,
    );
  }
  expect(statuses).toEqual([401, 401, 429]);
});

test("while the store cannot be written, the answer is 503, with the reason for callers who may read", async () => {
  const { url } = await startTestGateway({
    createEngine: async (deps) => {
      const engine = await createEngine(deps);
      return { ...engine, store: { ...engine.store, isWritable: () => Promise.resolve(false) } };
    },
  });
  const anonymous = await fetch(`${url}/readyz`);
  expect([anonymous.status, await anonymous.json()]).toEqual([503, { ready: false }]);
  const known = await fetch(`${url}/readyz`, { headers: { authorization } });
  expect([known.status, await known.json()]).toEqual([
    503,
    {
      ready: false,
      reasons: [{ code: "storage_unavailable", message: "The session store cannot be written." }],
      ...createDetails(["storage_unavailable"], false),
      providers: [],
      config,
    },
  ]);
});
