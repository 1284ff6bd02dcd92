/** Sends SIGTERM while streams run: they complete, the gateway is not ready at once, and it exits with 0. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { say } from "./talk.ts";

export interface DrainReport {
  readonly streams: number;
  readonly complete: number;
  /** Milliseconds from the signal until `/readyz` answers 503, and until the process exits. */
  readonly notReadyMs: number;
  readonly exitMs: number;
  readonly exitCode: number | NodeJS.Signals;
}

export async function runDrain(streams: number): Promise<DrainReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url } = gateway;
  const replies = Array.from({ length: streams }, (_, index) =>
    say(url, { text: createQuestion(`drain/${index}`, { chunks: 60, every: 50 }), stream: true }).then(
      ({ isComplete }) => isComplete,
      () => false,
    ),
  );
  await sleep(1_000);
  const startedAt = performance.now();
  const exit = gateway
    .end("SIGTERM")
    .then((exitCode) => ({ exitCode, exitMs: performance.now() - startedAt }));
  while ((await readReadiness(url)) === 200) await sleep(1);
  const notReadyMs = (await readReadiness(url)) === 503 ? performance.now() - startedAt : Infinity;
  const complete = (await Promise.all(replies)).filter(Boolean).length;
  return { streams, complete, notReadyMs, ...(await exit) };
}

/** Resolves to the status, or 0 when nobody listens. */
async function readReadiness(url: string): Promise<number> {
  const response = await fetch(`${url}/readyz`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status ?? 0;
}
