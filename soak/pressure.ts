/** Four hundred connections press on a gateway with its default limits, while probes come on new connections. */
import { Agent, request, type RequestOptions } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readResidentMegabytes } from "../bench/measure.ts";
import { createGateway, headers } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { createChatBody } from "./talk.ts";

export interface PressureReport {
  readonly statusCounts: ReadonlyMap<string, number>;
  /** Milliseconds of `GET /healthz` on a new connection. */
  readonly probeMs: readonly number[];
  readonly addedMegabytes: number;
}

const connections = 400;

export async function runPressure(seconds: number): Promise<PressureReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  await gateway.start();
  const { url, pid } = gateway;
  const statusCounts = new Map<string, number>();
  const probeMs: number[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let sentCount = 0;
  const ask = async (): Promise<void> => {
    sentCount += 1;
    const text = createQuestion(`press/${sentCount}`, { wait: 1_000 });
    const outcome = await send(
      `${url}/v1/chat/completions`,
      { agent, method: "POST", headers },
      createChatBody({ text }),
    );
    statusCounts.set(outcome, (statusCounts.get(outcome) ?? 0) + 1);
  };

  const before = readResidentMegabytes(pid);
  const end = performance.now() + seconds * 1_000;
  const press = async (): Promise<void> => {
    while (performance.now() < end) await ask();
  };
  const workers = Array.from({ length: connections }, press);
  while (performance.now() < end) {
    const startedAt = performance.now();
    await send(`${url}/healthz`, { agent: false });
    probeMs.push(performance.now() - startedAt);
    await sleep(100);
  }
  const addedMegabytes = readResidentMegabytes(pid) - before;
  await Promise.all(workers);
  agent.destroy();
  return { statusCounts, probeMs, addedMegabytes };
}

/** Resolves to the status, or to the code of the connection's error. */
function send(url: string, options: RequestOptions, body?: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, options, (response) => {
      response.resume().once("end", () => resolve(String(response.statusCode)));
    });
    sent.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}
