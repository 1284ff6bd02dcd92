/**
 * Loads several targets in turn, in short windows: what else the machine does hits each of them alike, and the ratio of two
 * windows that follow each other tells more than two long runs.
 */
import { encodeRequest, openConnection, type HttpConnection, type HttpResponse } from "./http-connection.ts";
import { readCpuMicroseconds } from "./measure.ts";
import type { Server } from "./servers.ts";

export interface Target {
  readonly server: Server;
  /** The path of the request; chat completions by default. */
  readonly path?: string;
  /** Returns the body of a request. The number differs for each request. */
  readonly createBody: (number: number) => string;
  /** Throws for a response with status 200 that is not complete. */
  readonly check?: (body: string) => void;
}

export interface Load {
  readonly connections: number;
  /** Windows of each target. */
  readonly windows: number;
  readonly windowMs?: number;
}

export interface WindowResult {
  readonly perSecond: number;
  /** CPU time of the server's process for each reply, in microseconds. */
  readonly cpuMicroseconds: number;
  readonly latenciesMs: readonly number[];
}

const defaultWindowMs = 400;

/** Returns the windows of each target, in the order in which they ran. The first, not counted window opens its connections. */
export async function loadInTurn<Name extends string>(
  targets: Readonly<Record<Name, Target>>,
  { connections, windows, windowMs = defaultWindowMs }: Load,
): Promise<readonly Readonly<Record<Name, WindowResult>>[]> {
  const loads = await Promise.all(
    (Object.entries(targets) as [Name, Target][]).map(async ([name, target]) => {
      const open = Array.from({ length: connections }, () => openConnection(target.server.url));
      return { name, target, open: await Promise.all(open) };
    }),
  );
  const results: Record<Name, WindowResult>[] = [];
  for (let window = -1; window < windows; window += 1) {
    const result = {} as Record<Name, WindowResult>;
    for (const { name, target, open } of loads) result[name] = await loadWindow(target, open, windowMs);
    if (window >= 0) results.push(result);
  }
  for (const { open } of loads) for (const connection of open) connection.close();
  return results;
}

let requestCount = 0;

/** Ends when the last response is complete, so that each window counts all CPU time of its requests. */
async function loadWindow(
  target: Target,
  connections: readonly HttpConnection[],
  windowMs: number,
): Promise<WindowResult> {
  const { server, path, createBody } = target;
  const endpoint = { ...server, url: new URL(path ?? server.url, server.url).href };
  const latenciesMs: number[] = [];
  const cpuBefore = readCpuMicroseconds(server.pid);
  const startedAt = performance.now();
  const work = async (connection: HttpConnection): Promise<void> => {
    while (performance.now() - startedAt < windowMs) {
      const request = encodeRequest(endpoint, createBody((requestCount += 1)));
      const sentAt = performance.now();
      checkResponse(endpoint.url, await connection.send(request), target);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(connections.map(work));
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    perSecond: latenciesMs.length / seconds,
    cpuMicroseconds: (readCpuMicroseconds(server.pid) - cpuBefore) / latenciesMs.length,
    latenciesMs,
  };
}

function checkResponse(url: string, { status, body }: HttpResponse, { check }: Target): void {
  if (status !== 200) throw new Error(`${url} answered ${status}: ${body.slice(0, 500)}`);
  check?.(body);
}
