/** Rows of usage are exactly what a provider counted, over many runs with aborts and kills of the gateway process. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createTemporaryFolder, createChatBody, postChat } from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import { createCountingConfig, startCountingProvider } from "../support/telemetry/counting-provider.ts";

const runCount = 2_000;
const concurrency = 16;
/** Kills of the gateway process among these runs. */
const killsAfter = [400, 900, 1_500];
/** A killed process loses the rows of its last half second, and of the write that follows. On a busy machine that takes longer. */
const lossMs = 3_000;

interface Row {
  readonly request_id: string;
  readonly outcome: string;
  readonly input: number | null;
  readonly output: number | null;
}

test(`the rows of ${runCount} runs are what the provider counted, but for the last second before a kill`, async () => {
  const provider = await startCountingProvider();
  const stateDir = createTemporaryFolder();
  const start = (): Promise<GatewayProcess> =>
    startGatewayProcess({ config: createCountingConfig(provider.baseUrl), stateDir });
  let gateway = await start();
  const killedAt: number[] = [];
  let next = 1;

  const runOne = async (number: number): Promise<void> => {
    const kind = number % 20 === 0 ? "hang" : number % 33 === 0 ? "fail" : "";
    const stream = number % 2 === 0;
    const caller = new AbortController();
    const headers = { "x-request-id": `n-${number}` };
    const body = createChatBody(`n=${number} ${kind}`, { stream });
    try {
      const answer = await postChat(gateway.url, body, { signal: caller.signal, headers });
      if (kind === "hang") {
        await answer.body?.getReader().read();
        caller.abort();
      } else await answer.text();
    } catch {
      // The gateway was killed, or the caller has left.
    }
  };
  const runAll = async (until: number): Promise<void> => {
    const work = async (): Promise<void> => {
      while (next < until) await runOne(next++);
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  };
  for (const count of killsAfter) {
    const work = runAll(count);
    // The kill comes amid runs.
    await expect.poll(() => next, { timeout: 300_000 }).toBeGreaterThan(count - concurrency * 2);
    killedAt.push(Date.now());
    await gateway.end("SIGKILL");
    await work;
    gateway = await start();
  }
  await runAll(runCount + 1);
  await sleep(100);
  expect(await gateway.end("SIGTERM")).toBe(0);

  const database = new DatabaseSync(join(stateDir, "sessions.sqlite"));
  const rows = database
    .prepare("select request_id, outcome, input, output from usage")
    .all() as unknown as readonly Row[];
  const sums = database.prepare("select sum(input) as input, sum(calls) as calls from usage_hours").get();
  database.close();

  const answered = rows.filter(({ outcome }) => outcome === "ok");
  const counted = new Map(provider.calls.map((call) => [`n-${call.number}`, call]));
  // Every row is a call, with the provider's own numbers, once.
  expect(new Set(answered.map((row) => row.request_id)).size).toBe(answered.length);
  for (const { request_id: id, input, output } of answered)
    expect({ id, input, output }).toEqual({
      id,
      input: counted.get(id)?.input,
      output: counted.get(id)?.output,
    });
  // Every call that the provider answered has a row, unless the gateway was killed within a second after it.
  const stored = new Set(answered.map((row) => row.request_id));
  const missing = provider.calls.filter(
    (call) => call.sentAt !== undefined && !stored.has(`n-${call.number}`),
  );
  for (const { sentAt = 0, number } of missing) {
    const untilKill = killedAt.map((at) => at - sentAt).filter((ms) => ms > -lossMs && ms < lossMs);
    expect([number, untilKill.length > 0]).toEqual([number, true]);
  }
  expect(answered.length + missing.length).toBe(
    provider.calls.filter(({ sentAt }) => sentAt !== undefined).length,
  );
  expect(sums).toEqual({
    calls: rows.length,
    input: answered.reduce((sum, row) => sum + (row.input ?? 0), 0),
  });
  console.log(
    `${provider.calls.length} calls, ${rows.length} rows, ${answered.length} answered, ${missing.length} lost in ${killsAfter.length} kills`,
  );
}, 600_000);
