import { join } from "node:path";
import { expect, test } from "vitest";
import { ends, fails, nextCall, says } from "../../contracts/examples/script.ts";
import { createBatchWriter } from "../../server/telemetry/batch-writer.ts";
import {
  createChatBody,
  createTemporaryFolder,
  postChat,
  startTestGateway,
  token,
} from "../support/gateway/gateway.ts";
import { createKey, request } from "../support/gateway/keys.ts";
import {
  createModelSequence,
  createScriptedModel,
  splitScript,
} from "../support/providers/scripted-model.ts";
import { openTestStore } from "../support/telemetry/open-store.ts";
import { createCountingConfig, startCountingProvider } from "../support/telemetry/counting-provider.ts";

interface Report {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly total: { readonly calls: number; readonly costMicroUsd: number | null };
}

async function readUsage(url: string, query = "", secret = token): Promise<Report> {
  const response = await fetch(`${url}/usage?${query}`, { headers: { authorization: `Bearer ${secret}` } });
  return (await response.json()) as Report;
}

test("the sums are what the provider counted, with the cost by its prices, whole, streamed and failed", async () => {
  const provider = await startCountingProvider();
  const { url } = await startTestGateway({
    config: createCountingConfig(provider.baseUrl),
  });
  for (let number = 1; number <= 12; number += 1) {
    const kind = number % 4 === 0 ? "fail" : "";
    const answer = await postChat(url, createChatBody(`n=${number} ${kind}`, { stream: number % 2 === 0 }));
    await answer.text();
  }
  const input = provider.calls.reduce((sum, call) => sum + call.input, 0);
  const output = provider.calls.reduce((sum, call) => sum + call.output, 0);
  // A call that fails with 500 is made twice.
  expect((await readUsage(url, "groupBy=model")).data).toEqual([
    expect.objectContaining({
      model: "counting/counted",
      calls: 9 + 3 * 2,
      failures: 6,
      inputTokens: input,
      outputTokens: output,
      costMicroUsd: 3 * input + 15 * output,
      unpricedCalls: 6,
    }),
  ]);
});

test("an aborted call has a row without tokens", async () => {
  const provider = await startCountingProvider();
  const { url } = await startTestGateway({
    config: createCountingConfig(provider.baseUrl),
  });
  const caller = new AbortController();
  const body = createChatBody("n=1 hang", { stream: true });
  const answer = await postChat(url, body, { signal: caller.signal });
  await answer.body?.getReader().read();
  caller.abort();
  await expect
    .poll(async () => (await readUsage(url)).data)
    .toEqual([expect.objectContaining({ calls: 1, failures: 1, inputTokens: 0, costMicroUsd: null })]);
});

test("a key sees its own calls, whatever it asks for, and the operator sees all", async () => {
  const gateway = await startTestGateway({
    model: createScriptedModel([says("Hi"), ends({ input: 5, output: 2 })]),
  });
  const [ada, bob] = [await createKey(gateway, "ada"), await createKey(gateway, "bob", { scopes: ["run"] })];
  const ask = (secret: string): Promise<Response> =>
    request(gateway, "/v1/chat/completions", { secret, body: createChatBody("hi") });
  await ask(ada);
  await ask(bob);
  await ask(bob);
  expect((await readUsage(gateway.url, "", ada)).total.calls).toBe(1);
  expect((await readUsage(gateway.url, "credential=bob", ada)).total.calls).toBe(1);
  expect((await readUsage(gateway.url, "", bob)).total.calls).toBe(2);
  expect((await readUsage(gateway.url, "credential=bob")).total.calls).toBe(2);
  expect((await readUsage(gateway.url, "groupBy=credential")).data).toEqual([
    expect.objectContaining({ credential: "ada", calls: 1 }),
    expect.objectContaining({ credential: "bob", calls: 2 }),
  ]);
});

test("the report as CSV has a head and one line for each row", async () => {
  const { url } = await startTestGateway({
    model: createScriptedModel([says("Hi"), ends({ input: 5, output: 2 })]),
  });
  await postChat(url, createChatBody("hi"));
  const response = await fetch(`${url}/usage?format=csv&groupBy=agent`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
  const [head, line, ...rest] = (await response.text()).split("\r\n");
  expect(head).toMatch(/^day,agentId,model,credential,calls,failures,inputTokens,/);
  expect(line).toMatch(/^,main,,,1,0,5,0,0,2,0,,1,\d+,\d+,\d+$/);
  expect(rest).toEqual([""]);

  const byNode = await readUsage(url, "groupBy=node");
  expect(byNode.data).toEqual([expect.objectContaining({ node: expect.any(String), calls: 1 })]);
  const csv = await request({ url }, "/usage?format=csv&groupBy=node");
  const [names, values] = (await csv.text()).split("\r\n");
  expect(names).toMatch(/^day,agentId,model,credential,node,calls,/);
  expect(values).toContain(`,${String(byNode.data[0]?.["node"])},1,0,5,`);
});

test("a fallback has a row for the model that failed and one for the model that answered", async () => {
  const script = [fails("upstream_auth", "no"), nextCall, says("Hi"), ends({ input: 5, output: 2 })];
  const { model } = createModelSequence(...splitScript(script));
  const { url } = await startTestGateway({
    config: {
      gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
      agents: { defaults: { model: { primary: "one/a", fallbacks: ["two/b"] } } },
      models: {
        providers: { one: { baseUrl: "http://127.0.0.1:9" }, two: { baseUrl: "http://127.0.0.1:9" } },
      },
    },
    model,
  });
  await postChat(url, createChatBody("hi"));
  expect((await readUsage(url, "groupBy=model")).data).toEqual([
    expect.objectContaining({ model: "one/a", calls: 1, failures: 1 }),
    expect.objectContaining({ model: "two/b", calls: 1, failures: 0, inputTokens: 5 }),
  ]);
});

test("usage survives a restart, and is not recorded when it is off", async () => {
  const model = createScriptedModel([says("Hi"), ends({ input: 5, output: 2 })]);
  const first = await startTestGateway({ model });
  await postChat(first.url, createChatBody("hi"));
  await first.stop();
  const second = await startTestGateway({
    model,
    stateDir: first.stateDir,
    config: {
      gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
      usage: { enabled: false },
    },
  });
  await postChat(second.url, createChatBody("hi"));
  expect((await readUsage(second.url)).total.calls).toBe(1);
});

test("items wait while the store fails, and are stored once, in order, when it works again", async () => {
  const stored: number[] = [];
  let isFailing = true;
  const store = (items: readonly number[]): Promise<void> =>
    isFailing ? Promise.reject(new Error("full")) : Promise.resolve(void stored.push(...items));
  const lines: string[] = [];
  const write = (message: string): void => void lines.push(message);
  const writer = createBatchWriter("usage", store, { debug: write, info: write, warn: write, error: write });
  const numbers = Array.from({ length: 60 }, (_, index) => index);
  numbers.forEach(writer.add);
  await writer.flush();
  await writer.flush();
  expect([stored, lines]).toEqual([[], ["records could not be stored"]]);
  isFailing = false;
  await writer.flush();
  expect(stored).toEqual(numbers);
  expect(lines).toEqual(["records could not be stored", "records are stored again"]);
});

test("records that arrive while a batch is stored wait for the next batch", async () => {
  const batches: (readonly number[])[] = [];
  const ignore = (): void => {};
  const writer = createBatchWriter<number>(
    "usage",
    (items) => {
      batches.push(items);
      if (batches.length < 20) writer.add(batches.length);
      return Promise.resolve();
    },
    { debug: ignore, info: ignore, warn: ignore, error: ignore },
    { maxDelayMs: 3_600_000, batchSize: 10, maxWaiting: 100 },
  );
  writer.add(0);
  await writer.flush();
  expect(batches).toEqual([[0]]);
});

test("records are stored after a flush that had nothing to store", async () => {
  const stored: number[] = [];
  const store = (items: readonly number[]): Promise<void> => Promise.resolve(void stored.push(...items));
  const ignore = (): void => {};
  const writer = createBatchWriter("usage", store, {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: ignore,
  });
  await writer.flush();
  writer.add(1);
  await expect.poll(() => stored).toEqual([1]);
  // The timer of an item that was stored together with an earlier one finds nothing either.
  writer.add(2);
  const flushed = writer.flush();
  writer.add(3);
  await flushed;
  await new Promise((resolve) => setTimeout(resolve, 600));
  writer.add(4);
  await expect.poll(() => stored).toEqual([1, 2, 3, 4]);
});

test("a full batch is stored at once, and one that is not full waits for the timer", async () => {
  const batches: number[] = [];
  const stored = Promise.withResolvers<void>();
  const store = (items: readonly number[]): Promise<void> => {
    batches.push(items.length);
    stored.resolve();
    return Promise.resolve();
  };
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  // The timer would come after an hour.
  const options = { maxDelayMs: 3_600_000, batchSize: 4, maxWaiting: 100 };
  const writer = createBatchWriter("usage", store, log, options);
  for (let number = 0; number < 6; number += 1) writer.add(number);
  await stored.promise;
  await new Promise(setImmediate);
  expect(batches).toEqual([4]);
  await writer.flush();
  expect(batches).toEqual([4, 2]);
});

test("rows of several statements are stored once, and added up by hour", async () => {
  const store = await openTestStore(join(createTemporaryFolder(), "sessions.sqlite"), { clock: Date.now });
  const hour = 3_600_000;
  const rows = Array.from({ length: 75 }, (_, index) => ({
    at: index % 2 === 0 ? hour : 2 * hour,
    requestId: `request-${index}`,
    credential: "operator",
    agentId: "main",
    sessionKey: `session-${index}`,
    provider: "scripted",
    model: "scripted",
    outcome: index === 3 ? ("error" as const) : ("ok" as const),
    tokens: { input: index, cacheRead: 1, cacheWrite: 2, output: 3, reasoning: 4 },
    ...(index > 9 && { costMicroUsd: 5 }),
    durationMs: 10,
    firstTokenMs: index === 0 ? 50 : 70_000,
  }));
  await store.usage.add(rows);
  const [even] = await store.usage.sum({ from: hour, to: 2 * hour });
  const [odd] = await store.usage.sum({ from: 2 * hour, to: 3 * hour });
  const query = { from: 0, to: 3 * hour, limit: 100 };
  const byNode = await Promise.all(
    [hour, 2 * hour].map((from) => store.usage.sumByNode({ from, to: from + hour, agentId: "main" })),
  );
  const sessions = await store.usage.sumSessions(query);
  await store.close();
  expect(even).toMatchObject({ calls: 38, failures: 0, input: 1_406, unpricedCalls: 5, costMicroUsd: 165 });
  expect(odd).toMatchObject({ calls: 37, failures: 1, input: 1_369, cacheWrite: 74, reasoning: 148 });
  expect([even?.firstTokenCounts[0], even?.firstTokenCounts.at(-1)]).toEqual([1, 37]);
  // The rows of this node have the same sums as the hours.
  expect(byNode).toEqual([even, odd].map((sum) => [{ ...sum, node: expect.any(String) }]));
  expect(odd?.firstTokenCounts.reduce((sum, count) => sum + count)).toBe(37);
  expect(new Set(sessions.map(({ sessionKey }) => sessionKey)).size).toBe(75);
  expect(sessions.find(({ sessionKey }) => sessionKey === "session-74")?.input).toBe(74);
});
