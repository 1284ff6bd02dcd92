/** Requests of all kinds, many thousands: what stays in the gateway's heap after a garbage collection. */
import { once } from "node:events";
import { post } from "./connection.ts";
import { createGateway, headers, type Gateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { question } from "./question.ts";
import { chatBody, historyOf, say } from "./talk.ts";

export interface MemoryReport {
  /** MB alive after the warm-up, and after each block of requests. */
  readonly megabytes: readonly number[];
  /** MB that a thousand requests add: the slope through all blocks. */
  readonly perThousand: number;
}

const atOnce = 16;

export async function memory(warmUp: number, blocks: number, requests: number): Promise<MemoryReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  await load(gateway, 0, warmUp);
  const megabytes = [await gateway.heapMegabytes()];
  for (let block = 0; block < blocks; block += 1) {
    await load(gateway, warmUp + block * requests, requests);
    megabytes.push(await gateway.heapMegabytes());
  }
  return { megabytes, perThousand: slope(megabytes) / (requests / 1_000) };
}

async function load(gateway: Gateway, from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => from + index).values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const number of numbers) await one(gateway, number);
    }),
  );
}

/** Of each kind a tenth. A session is deleted after a while: to grow is what they are for. */
async function one({ url }: Gateway, number: number): Promise<void> {
  const text = question(`mixed/${number}`);
  const session = `m${number % 16}-${Math.floor(number / 2_000)}`;
  const get = async (path: string, init: RequestInit = {}): Promise<void> =>
    void (await (await fetch(`${url}${path}`, { headers, ...init })).text());
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => say(url, { text }),
    () => say(url, { text, stream: true }),
    () => say(url, { text, session: `k${number}` }),
    () => get(`/sessions/k${number - 1}`, { method: "DELETE" }),
    () => say(url, { text, session, stream: true }),
    () => historyOf(url, session),
    () => get("/v1/models"),
    () => get("/v1/chat/completions", { method: "POST", body: '{"model": 1}' }),
    () => get("/nothing/here", { headers: {} }),
    () => leave(url, `${text} chunks=1000 every=5`),
  ];
  await kinds[number % kinds.length]?.();
}

async function leave(url: string, text: string): Promise<void> {
  const caller = post(url, "/v1/chat/completions", chatBody({ text, stream: true }));
  const answer = await caller.answer;
  await once(answer, "readable");
  caller.leave();
}

/** Of the straight line that lies closest to the values. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const over = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const under = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return over / under;
}
