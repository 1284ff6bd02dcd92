/** SIGTERM while streams run: they end well, the gateway says at once that it is not ready, and exits with 0. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { question } from "./question.ts";
import { say } from "./talk.ts";

export interface DrainReport {
  readonly streams: number;
  readonly complete: number;
  /** From the signal until `/readyz` said 503, and until the process had ended. */
  readonly notReadyMs: number;
  readonly exitMs: number;
  readonly exitCode: number | NodeJS.Signals;
}

export async function drain(streams: number): Promise<DrainReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url } = gateway;
  const replies = Array.from({ length: streams }, (_, index) =>
    say(url, { text: question(`drain/${index}`, { chunks: 60, every: 50 }), stream: true }).then(
      ({ complete }) => complete,
      () => false,
    ),
  );
  await sleep(1_000);
  const startedAt = performance.now();
  const ended = gateway
    .end("SIGTERM")
    .then((exitCode) => ({ exitCode, exitMs: performance.now() - startedAt }));
  while ((await readiness(url)) === 200) await sleep(1);
  const notReadyMs = (await readiness(url)) === 503 ? performance.now() - startedAt : Infinity;
  const complete = (await Promise.all(replies)).filter(Boolean).length;
  return { streams, complete, notReadyMs, ...(await ended) };
}

/** The status, or 0 when nobody listens. */
async function readiness(url: string): Promise<number> {
  const response = await fetch(`${url}/readyz`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status ?? 0;
}
