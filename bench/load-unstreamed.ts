/** Loads a server with unstreamed replies: throughput by autocannon, and the latency of single requests. */
import { execFile } from "node:child_process";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { unstreamedRequest } from "./script.ts";
import type { Server } from "./servers.ts";

const autocannon = join(import.meta.dirname, "node_modules/autocannon/autocannon.js");

type Target = Pick<Server, "url" | "headers">;

interface AutocannonResult {
  readonly "2xx": number;
  readonly non2xx: number;
  readonly errors: number;
  readonly duration: number;
}

export async function loadUnstreamed(
  { url, headers }: Target,
  load: { readonly connections: number; readonly seconds: number; readonly body?: string },
): Promise<{ readonly replies: number; readonly perSecond: number }> {
  const { body = unstreamedRequest } = load;
  const { stdout } = await promisify(execFile)(process.execPath, [
    autocannon,
    "--json",
    "--method=POST",
    `--body=${body}`,
    `--connections=${load.connections}`,
    `--duration=${load.seconds}`,
    ...Object.entries(headers).map(([name, value]) => `--headers=${name}=${value}`),
    url,
  ]);
  const result = JSON.parse(stdout) as AutocannonResult;
  const failureCount = result.non2xx + result.errors;
  if (failureCount > 0)
    throw new Error(`${url}: ${failureCount} of ${failureCount + result["2xx"]} requests failed`);
  return { replies: result["2xx"], perSecond: result["2xx"] / result.duration };
}

/** Resolves to replies per second for requests with different bodies, which autocannon cannot send. */
export async function loadVariedRequests(
  target: Target,
  load: { readonly connections: number; readonly seconds: number },
  createBody: (number: number) => string,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const startedAt = performance.now();
  let replies = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - startedAt < load.seconds * 1_000) {
      await sendRequest(target, agent, createBody((replies += 1)));
    }
  };
  await Promise.all(Array.from({ length: load.connections }, work));
  agent.destroy();
  return (replies * 1_000) / (performance.now() - startedAt);
}

/** Resolves to the milliseconds of each of `count` sequential requests on one connection. */
export async function timeUnstreamed(target: Target, count: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const startedAt = performance.now();
    await sendRequest(target, agent, unstreamedRequest);
    times.push(performance.now() - startedAt);
  }
  agent.destroy();
  return times;
}

function sendRequest({ url, headers }: Target, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const clientRequest = request(url, { method: "POST", agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
      response.on("end", resolve).on("error", reject).resume();
    });
    clientRequest.on("error", reject).end(body);
  });
}
