/** Wrong credentials without pause, over HTTP and WebSocket: others are served, a right credential always passes, the log stays short. */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readResidentMegabytes } from "../bench/measure.ts";
import { createGateway, headers } from "./gateway.ts";
import { startProvider } from "./provider.ts";

export interface CredentialStormReport {
  readonly statusCounts: ReadonlyMap<string, number>;
  /** Milliseconds of requests with the right credential, from the same address. */
  readonly rightMs: readonly number[];
  readonly wronglyRejected: number;
  readonly logLines: number;
  readonly addedMegabytes: number;
}

const connections = 32;

export async function runCredentialStorm(seconds: number): Promise<CredentialStormReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url, pid } = gateway;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statusCounts = new Map<string, number>();
  const before = readResidentMegabytes(pid);
  const end = performance.now() + seconds * 1_000;
  const guess = (number: number): Promise<string> =>
    new Promise((resolve) => {
      const authorization = `Bearer guess-${number}-${"0".repeat(32)}`;
      const upgrade =
        number % 4 === 0
          ? {
              connection: "Upgrade",
              upgrade: "websocket",
              "sec-websocket-version": "13",
              "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
            }
          : {};
      const path = number % 4 === 0 ? "/v1/responses" : "/v1/models";
      const sent = request(`${url}${path}`, { agent, headers: { authorization, ...upgrade } }, (response) => {
        response.resume().once("end", () => resolve(String(response.statusCode)));
      });
      sent.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      sent.end();
    });
  let number = 0;
  const storm = async (): Promise<void> => {
    while (performance.now() < end) {
      const outcome = await guess((number += 1));
      statusCounts.set(outcome, (statusCounts.get(outcome) ?? 0) + 1);
    }
  };
  const workers = Array.from({ length: connections }, storm);
  const rightMs: number[] = [];
  let wronglyRejected = 0;
  while (performance.now() < end) {
    await sleep(250);
    const startedAt = performance.now();
    const response = await fetch(`${url}/v1/models`, { headers });
    await response.body?.cancel();
    if (response.status !== 200) wronglyRejected += 1;
    rightMs.push(performance.now() - startedAt);
  }
  await Promise.all(workers);
  agent.destroy();
  const addedMegabytes = readResidentMegabytes(pid) - before;
  await gateway.end("SIGTERM");
  const logLines = gateway
    .readLog()
    .split("\n")
    .filter((line) => line.includes("credentials rejected")).length;
  return { statusCounts, rightMs, wronglyRejected, logLines, addedMegabytes };
}
