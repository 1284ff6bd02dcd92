/** Sends more requests than the gateway has capacity for: rejections are fast, and they stop when the load stops. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { say } from "./talk.ts";

export interface OverloadReport {
  /** The count of each status, or of each connection error. */
  readonly statusCounts: ReadonlyMap<string, number>;
  /** Milliseconds of rejected requests without a session. */
  readonly rejectionMs: readonly number[];
  /** Milliseconds of rejected requests in the one session that they share. */
  readonly sessionRejectionMs: readonly number[];
  /** Milliseconds of `GET /healthz` meanwhile: the baseline of the machine. */
  readonly healthMs: readonly number[];
  /** Milliseconds of the slowest of five requests, before the load and two seconds after it. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** So long that the rate of five times the capacity does not overload the rig itself. */
const answerMs = 800;
/** The defaults. */
const limits = { maxConcurrentRuns: 32, maxWaitingRuns: 64 } as const;
/** More than may run and wait in one session. */
const sessionBurst = 20;
/** Responses per second. */
const capacity = limits.maxConcurrentRuns / (answerMs / 1_000);

export async function runOverload(times: number, seconds: number): Promise<OverloadReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider, limits });
  await gateway.start();
  const { url } = gateway;
  const statusCounts = new Map<string, number>();
  const rejectionMs: number[] = [];
  const sessionRejectionMs: number[] = [];
  const healthMs: number[] = [];
  let sentCount = 0;

  const ask = async (session?: string): Promise<number> => {
    sentCount += 1;
    const text = createQuestion(`load/${sentCount}`, { wait: answerMs });
    const startedAt = performance.now();
    const status = await say(url, { text, ...(session !== undefined && { session }) }).then(
      (reply) => String(reply.status),
      (error: unknown) => String(error instanceof Error && error.cause ? error.cause : error),
    );
    const ms = performance.now() - startedAt;
    statusCounts.set(status, (statusCounts.get(status) ?? 0) + 1);
    if (status === "429" || status === "503")
      (session === undefined ? rejectionMs : sessionRejectionMs).push(ms);
    return ms;
  };
  const measureHealth = async (): Promise<void> => {
    const startedAt = performance.now();
    await (await fetch(`${url}/healthz`)).text();
    healthMs.push(performance.now() - startedAt);
  };
  const measureSlowest = async (): Promise<number> => {
    let slowest = 0;
    for (let round = 0; round < 5; round += 1) slowest = Math.max(slowest, await ask());
    return slowest;
  };

  await measureSlowest();
  const beforeMs = await measureSlowest();
  const load: Promise<unknown>[] = [];
  // When all of the gateway is full, 503 comes before the 429 of a session.
  for (let index = 0; index < sessionBurst; index += 1) load.push(ask("busy"));
  const startedAt = performance.now();
  for (let index = 0; index < seconds * capacity * times; index += 1) {
    const aheadMs = startedAt + (index * 1_000) / (capacity * times) - performance.now();
    if (aheadMs > 0) await sleep(aheadMs);
    load.push(ask(index % 10 === 0 ? "busy" : undefined));
    if (index % 10 === 5) load.push(measureHealth());
  }
  await sleep(2_000);
  const afterMs = await measureSlowest();
  await Promise.all(load);
  return { statusCounts, rejectionMs, sessionRejectionMs, healthMs, beforeMs, afterMs };
}
