/** Sends many thousands of requests of all kinds, and measures the gateway's live memory after a garbage collection. */
import { once } from "node:events";
import { post } from "./connection.ts";
import { createGateway, headers, type Gateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { createChatBody, fetchHistory, say } from "./talk.ts";

export interface MemoryReport {
  /** Live MB after the warm-up, and after each block of requests. */
  readonly megabytes: readonly number[];
  /** MB that a thousand requests add: the slope over all blocks. */
  readonly perThousand: number;
}

const concurrency = 16;

export async function runMemory(warmUp: number, blocks: number, requests: number): Promise<MemoryReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  await sendRequests(gateway, 0, warmUp);
  const megabytes = [await gateway.heapMegabytes()];
  for (let block = 0; block < blocks; block += 1) {
    await sendRequests(gateway, warmUp + block * requests, requests);
    megabytes.push(await gateway.heapMegabytes());
  }
  return { megabytes, perThousand: fitSlope(megabytes) / (requests / 1_000) };
}

async function sendRequests(gateway: Gateway, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => from + index).values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const number of numbers) await sendOne(gateway, number);
    }),
  );
}

/** Sends one of ten kinds of request. Sessions are replaced after a while, since they grow by design. */
async function sendOne({ url }: Gateway, number: number): Promise<void> {
  const text = createQuestion(`mixed/${number}`);
  const session = `m${number % 16}-${Math.floor(number / 2_000)}`;
  const fetchText = async (path: string, init: RequestInit = {}): Promise<void> =>
    void (await (await fetch(`${url}${path}`, { headers, ...init })).text());
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => say(url, { text }),
    () => say(url, { text, stream: true }),
    () => say(url, { text, session: `k${number}` }),
    () => fetchText(`/sessions/k${number - 1}`, { method: "DELETE" }),
    () => say(url, { text, session, stream: true }),
    () => fetchHistory(url, session),
    () => fetchText("/v1/models"),
    () => fetchText("/v1/chat/completions", { method: "POST", body: '{"model": 1}' }),
    () => fetchText("/nothing/here", { headers: {} }),
    () => abandonStream(url, `${text} chunks=1000 every=5`),
  ];
  await kinds[number % kinds.length]?.();
}

async function abandonStream(url: string, text: string): Promise<void> {
  const caller = post(url, "/v1/chat/completions", createChatBody({ text, stream: true }));
  const response = await caller.response;
  await once(response, "readable");
  caller.close();
}

/** Returns the slope of the least-squares line. */
function fitSlope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const numerator = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const denominator = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return numerator / denominator;
}
