/** Whole replies and streams of chat completions, and what a server adds to one reply. */
import { encodeRequest, openConnection } from "../http-connection.ts";
import type { MetricId } from "../metrics.ts";
import { createStreamRequest, createUnstreamedRequest } from "../requests.ts";
import type { BenchContext, Round } from "../scenario.ts";
import type { Server, ServerName } from "../servers.ts";
import { percentile } from "../statistics.ts";
import { checkStream } from "../stream-check.ts";
import { loadInTurn, type Target } from "../windows.ts";

const streamChunks = 200;

/** Lets V8 compile the code that the loads use. */
export async function warmUp({ servers }: BenchContext): Promise<void> {
  const load = { connections: 32, windows: 1, windowMs: 2_000 };
  await loadInTurn(mapServers(servers, createUnstreamedTarget), load);
  await loadInTurn(mapServers(servers, createStreamTarget), load);
}

/** Alternates with direct requests to the upstream, so that both see the same noise. */
export async function measureLatency({ servers, upstream, effort }: BenchContext): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  const sequentialRequests = 20;
  for (let round = 0; round < effort.rounds; round += 1) {
    const values: [ServerName, Round[ServerName]][] = [];
    for (const [name, server] of servers) {
      const serverMs: number[] = [];
      const upstreamMs: number[] = [];
      for (let count = 0; count < effort.requests; count += sequentialRequests) {
        upstreamMs.push(...(await timeRequests(upstream, sequentialRequests)));
        serverMs.push(...(await timeRequests(server, sequentialRequests)));
      }
      const added = (share: number): number => percentile(serverMs, share) - percentile(upstreamMs, share);
      values.push([name, { addedP50: added(0.5), addedP99: added(0.99) }]);
    }
    rounds.push(Object.fromEntries(values));
  }
  return rounds;
}

/** Resolves to the milliseconds of sequential requests on one connection. */
async function timeRequests(server: Server, count: number): Promise<readonly number[]> {
  const connection = await openConnection(server.url);
  const request = encodeRequest(server, createUnstreamedRequest(server.model));
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const startedAt = performance.now();
    await connection.send(request);
    times.push(performance.now() - startedAt);
  }
  connection.close();
  return times;
}

const perSecondMetrics: readonly (readonly [connections: number, MetricId])[] = [
  [1, "unstreamed1"],
  [32, "unstreamed32"],
  [128, "unstreamed128"],
];

export async function measureWholeReplies({ servers, effort }: BenchContext): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (const [connections, metric] of perSecondMetrics) {
    const targets = mapServers(servers, createUnstreamedTarget);
    const windows = await loadInTurn(targets, { connections, windows: effort.windows });
    for (const window of windows)
      rounds.push(
        mapValues(window, ({ perSecond, cpuMicroseconds }) => ({
          [metric]: perSecond,
          ...(connections === 32 && { unstreamedCpu: cpuMicroseconds }),
        })),
      );
  }
  return rounds;
}

export async function measureStreams({ servers, effort }: BenchContext): Promise<readonly Round[]> {
  const targets = mapServers(servers, createStreamTarget);
  const windows = await loadInTurn(targets, { connections: 32, windows: effort.windows });
  return windows.map((window) =>
    mapValues(window, ({ perSecond, cpuMicroseconds }) => ({
      streams: perSecond,
      streamChunks: perSecond * streamChunks,
      chunkCpu: cpuMicroseconds / streamChunks,
    })),
  );
}

export function createUnstreamedTarget(server: Server): Target {
  const body = createUnstreamedRequest(server.model);
  return { server, createBody: () => body };
}

export function createStreamTarget(server: Server): Target {
  const body = createStreamRequest(server.model, { chunks: streamChunks, everyMs: 0 });
  return { server, createBody: () => body, check: checkStreamChunks };
}

export const checkStreamChunks = (body: string): void => checkStream(body, streamChunks);

const mapServers = <Value>(
  servers: ReadonlyMap<ServerName, Server>,
  map: (server: Server) => Value,
): Record<string, Value> => Object.fromEntries([...servers].map(([name, server]) => [name, map(server)]));

export const mapValues = <Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
