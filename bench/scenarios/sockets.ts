/** WebSockets of the gateway beside those of a bare `ws` server, and events for many of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { readCpuMicroseconds, readResidentMegabytes } from "../measure.ts";
import { requireServer, type BenchContext, type Round } from "../scenario.ts";
import type { Server, ServerName } from "../servers.ts";
import { openSockets } from "../sockets.ts";
import { loadInTurn } from "../windows.ts";
import { createStreamTarget } from "./replies.ts";

const settleMs = 1_500;
const watcherCount = 100;
const timeoutMs = 30_000;
const compared = ["pass-through", "gateway"] as const satisfies readonly ServerName[];

/** New processes each time: memory that was freed before would hide what the sockets take. */
export async function measureIdleSockets(context: BenchContext): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < context.effort.rounds; round += 1) {
    const values: [ServerName, Round[ServerName]][] = [];
    for (const name of compared) {
      const server = await context.start(name, { stateName: `sockets-${round}` });
      values.push([name, { socketKilobytes: await measureSocket(server, context.effort.sockets) }]);
      await server.stop();
    }
    rounds.push(Object.fromEntries(values));
  }
  return rounds;
}

/** The first sockets grow the heap to its working size. */
async function measureSocket(
  server: Server,
  [firstCount, count]: readonly [first: number, counted: number],
): Promise<number> {
  const first = await openSockets(server, firstCount);
  await sleep(settleMs);
  const before = readResidentMegabytes(server.pid);
  const counted = await openSockets(server, count);
  await sleep(settleMs);
  const added = readResidentMegabytes(server.pid) - before;
  first.close();
  counted.close();
  return (added * 1_000) / count;
}

export async function measureFanOut(context: BenchContext): Promise<readonly Round[]> {
  const server = requireServer(context, "gateway");
  const rounds: Round[] = [];
  for (let round = 0; round < context.effort.rounds; round += 1) {
    const watchers = await openSockets(server, watcherCount);
    const before = readCpuMicroseconds(server.pid);
    const startedAt = performance.now();
    const load = { connections: 4, windows: 2, windowMs: 1_000 };
    await loadInTurn({ gateway: createStreamTarget(server) }, load);
    // The last events are on their way when the last stream has ended.
    let count = -1;
    while (count < watchers.receivedCount() && performance.now() - startedAt < timeoutMs) {
      count = watchers.receivedCount();
      await sleep(200);
    }
    const cpu = readCpuMicroseconds(server.pid) - before;
    watchers.close();
    rounds.push({ gateway: { fanOutCpu: cpu / count } });
  }
  return rounds;
}
