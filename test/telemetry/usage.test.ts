import { expect, test } from "vitest";
import { ends, fails, nextCall, says } from "../../contracts/examples/script.ts";
import { createBatchWriter } from "../../server/telemetry/batch-writer.ts";
import { createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey, request } from "../support/gateway/keys.ts";
import {
  createModelSequence,
  createScriptedModel,
  splitScript,
} from "../support/providers/scripted-model.ts";
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
