/** More requests than there is room for, at a steady rate: who is turned away is told so at once, and it ends with the load. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { question } from "./question.ts";
import { say } from "./talk.ts";

export interface OverloadReport {
  /** How many of each status; of what is no status, the error. */
  readonly answered: ReadonlyMap<string, number>;
  /** Of requests that wait for nothing but room. */
  readonly rejectionMs: readonly number[];
  /** Of requests that also wait for their turn in the one session that all of them share. */
  readonly sessionRejectionMs: readonly number[];
  /** Of `GET /healthz` meanwhile: what the machine takes for an answer that nobody has to decide about. */
  readonly healthMs: readonly number[];
  /** The slowest of some answers, before the load and two seconds after it. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

const answerMs = 200;
/** A fourth of the default ones, so that the machine itself is not what is overloaded. */
const limits = { maxConcurrentRuns: 8, maxWaitingRuns: 16 } as const;
/** Answers a second. */
const capacity = limits.maxConcurrentRuns / (answerMs / 1_000);

export async function overload(times: number, seconds: number): Promise<OverloadReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider, limits });
  await gateway.start();
  const { url } = gateway;
  const answered = new Map<string, number>();
  const rejectionMs: number[] = [];
  const sessionRejectionMs: number[] = [];
  const healthMs: number[] = [];
  let asked = 0;

  const ask = async (session?: string): Promise<number> => {
    asked += 1;
    const text = question(`load/${asked}`, { wait: answerMs });
    const startedAt = performance.now();
    const status = await say(url, { text, ...(session !== undefined && { session }) }).then(
      (reply) => String(reply.status),
      (error: unknown) => String(error instanceof Error && error.cause ? error.cause : error),
    );
    const ms = performance.now() - startedAt;
    answered.set(status, (answered.get(status) ?? 0) + 1);
    if (status === "429" || status === "503")
      (session === undefined ? rejectionMs : sessionRejectionMs).push(ms);
    return ms;
  };
  const health = async (): Promise<void> => {
    const startedAt = performance.now();
    await (await fetch(`${url}/healthz`)).text();
    healthMs.push(performance.now() - startedAt);
  };
  const normally = async (): Promise<number> => {
    let slowest = 0;
    for (let round = 0; round < 5; round += 1) slowest = Math.max(slowest, await ask());
    return slowest;
  };

  await normally();
  const beforeMs = await normally();
  const load: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let due = 0; due < seconds * capacity * times; due += 1) {
    const early = startedAt + (due * 1_000) / (capacity * times) - performance.now();
    if (early > 0) await sleep(early);
    load.push(ask(due % 10 === 0 ? "busy" : undefined));
    if (due % 10 === 5) load.push(health());
  }
  await sleep(2_000);
  const afterMs = await normally();
  await Promise.all(load);
  return { answered, rejectionMs, sessionRejectionMs, healthMs, beforeMs, afterMs };
}
