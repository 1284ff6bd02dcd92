/** What the shared database costs: whole turns per second and CPU per turn, beside SQLite and beside three nodes. */
import { setTimeout as sleep } from "node:timers/promises";
import { readCpuMicroseconds } from "../../bench/measure.ts";
import { startPostgres } from "../../test/support/postgres/server.ts";
import { createGateway, headers, type Gateway } from "../gateway.ts";
import { startProvider } from "../provider.ts";
import { createQuestion } from "../question.ts";
import { say } from "../talk.ts";
import { createNodeConfig, startCluster } from "./cluster.ts";

const callers = 32;
const warmUpMs = 2_000;
/**
 * CPU time depends on how busy a process is: one with little to do wakes up for each turn. One node and three are compared with
 * the same number of callers for each node, which rest between their turns.
 */
const restingCallers = 11;
const restMs = 25;

interface Load {
  readonly turnsPerSecond: number;
  /** CPU time of the gateways for a turn. */
  readonly cpuMicroseconds: number;
}

export interface SpeedReport {
  /** One for each round. */
  readonly sqlite: readonly Load[];
  readonly postgres: readonly Load[];
  /** With the load that each of three nodes has. */
  readonly oneNode: readonly Load[];
  readonly threeNodes: readonly Load[];
}

/** Alternates the four, since the load of the machine changes. */
export async function runSpeed(rounds: number, seconds: number): Promise<SpeedReport> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProvider());
  const database = await startPostgres(["max_connections = 200", "fsync = on"]);
  stack.defer(database.remove);
  const cluster = stack.use(await startCluster({ database }));
  const { session: _session, ...onFile } = createNodeConfig(provider, "");
  const sqlite = stack.use(await createGateway({ config: onFile }));
  await sqlite.start();
  const startAlone = async (): Promise<Gateway> => {
    const server = await startPostgres(["max_connections = 200", "fsync = on"]);
    stack.defer(server.remove);
    const gateway = stack.use(await createGateway({ config: createNodeConfig(provider, server.url) }));
    await gateway.start();
    return gateway;
  };
  const postgres = await startAlone();
  // The speed of a process depends on its earlier load: this one serves as much as each of the three.
  const oneNode = await startAlone();
  const busy = { callers, restMs: 0 };
  const report = {
    sqlite: [] as Load[],
    postgres: [] as Load[],
    oneNode: [] as Load[],
    threeNodes: [] as Load[],
  };
  // In the round before the first, processes compile their code.
  for (let round = -1; round < rounds; round += 1) {
    const loads = {
      sqlite: await measureLoad([sqlite], `s${round}`, seconds, busy),
      postgres: await measureLoad([postgres], `p${round}`, seconds, busy),
      oneNode: await measureLoad([oneNode], `o${round}`, seconds, { callers: restingCallers, restMs }),
      threeNodes: await measureLoad(cluster.nodes, `t${round}`, seconds, {
        callers: restingCallers * cluster.nodes.length,
        restMs,
      }),
    };
    if (round < 0) continue;
    report.sqlite.push(loads.sqlite);
    report.postgres.push(loads.postgres);
    report.oneNode.push(loads.oneNode);
    report.threeNodes.push(loads.threeNodes);
  }
  return report;
}

interface Callers {
  readonly callers: number;
  /** Milliseconds between the turns of a caller. */
  readonly restMs: number;
}

/** Each caller has a session on one node, and a new one after 50 turns. */
async function measureLoad(
  gateways: readonly Gateway[],
  name: string,
  seconds: number,
  options: Callers,
): Promise<Load> {
  let turns = 0;
  const ended = new AbortController();
  const talk = async (caller: number): Promise<void> => {
    const { url = "" } = gateways[caller % gateways.length] ?? {};
    for (let turn = 0; !ended.signal.aborted; turn += 1) {
      const session = `${name}-${caller}-${Math.floor(turn / 50)}`;
      const reply = await say(url, { session, text: createQuestion(`${session}/${turn}`) });
      if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
      turns += 1;
      if (options.restMs > 0) await sleep(options.restMs);
    }
  };
  const talks = Promise.all(Array.from({ length: options.callers }, (_, caller) => talk(caller)));
  const readCpu = (): number => gateways.reduce((sum, { pid }) => sum + readCpuMicroseconds(pid), 0);
  await Promise.race([talks, sleep(warmUpMs)]);
  const [turnsBefore, cpuBefore, startedAt] = [turns, readCpu(), performance.now()];
  await Promise.race([talks, sleep(seconds * 1_000)]);
  const measured = turns - turnsBefore;
  const load = {
    turnsPerSecond: (measured * 1_000) / (performance.now() - startedAt),
    cpuMicroseconds: (readCpu() - cpuBefore) / measured,
  };
  ended.abort();
  await talks;
  return load;
}

/** Milliseconds from the answer on one node until the session's feed on another node has it. */
export async function runNotifications(turns: number): Promise<readonly number[]> {
  await using cluster = await startCluster();
  const [writer, reader] = cluster.nodes;
  if (writer === undefined || reader === undefined) throw new Error("a cluster has nodes");
  await say(writer.url, { session: "feed", text: createQuestion("feed/first") });
  const feed = await fetch(`${reader.url}/sessions/feed/history`, {
    headers: { ...headers, accept: "text/event-stream" },
  });
  const arrivals = new Map<string, number>();
  const closed = collectArrivals(feed, arrivals);
  const delays: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const name = `feed/${turn}`;
    await say(writer.url, { session: "feed", text: createQuestion(name) });
    const answeredAt = performance.now();
    while (!arrivals.has(name)) await sleep(1);
    delays.push(Math.max(0, (arrivals.get(name) ?? Infinity) - answeredAt));
  }
  await reader.end("SIGKILL");
  await closed;
  return delays;
}

/** Notes when the answer to each question arrives. */
async function collectArrivals({ body }: Response, arrivals: Map<string, number>): Promise<void> {
  let rest = "";
  try {
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      rest += chunk;
      for (const [, name = ""] of rest.matchAll(/The answer to (\S+)\./g))
        if (!arrivals.has(name)) arrivals.set(name, performance.now());
      rest = rest.slice(-200);
    }
  } catch {
    // The node has ended.
  }
}
