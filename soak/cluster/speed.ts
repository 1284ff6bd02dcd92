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

interface Load {
  readonly turnsPerSecond: number;
  /** CPU time of the gateways for a turn. */
  readonly cpuMicroseconds: number;
}

export interface SpeedReport {
  /** One for each round. */
  readonly sqlite: readonly Load[];
  readonly postgres: readonly Load[];
  readonly threeNodes: readonly Load[];
}

/** Alternates the three, since the load of the machine changes. */
export async function runSpeed(rounds: number, seconds: number): Promise<SpeedReport> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startProvider());
  const database = await startPostgres(["max_connections = 200", "fsync = on"]);
  stack.defer(database.remove);
  const cluster = stack.use(await startCluster({ database }));
  const single = await startPostgres(["max_connections = 200", "fsync = on"]);
  stack.defer(single.remove);
  const { session: _session, ...onFile } = createNodeConfig(provider, "");
  const sqlite = stack.use(await createGateway({ config: onFile }));
  const postgres = stack.use(await createGateway({ config: createNodeConfig(provider, single.url) }));
  await sqlite.start();
  await postgres.start();
  const report = { sqlite: [] as Load[], postgres: [] as Load[], threeNodes: [] as Load[] };
  for (let round = 0; round < rounds; round += 1) {
    report.sqlite.push(await measureLoad([sqlite], round, seconds));
    report.postgres.push(await measureLoad([postgres], round, seconds));
    report.threeNodes.push(await measureLoad(cluster.nodes, round, seconds));
  }
  return report;
}

/** Each caller has a session on one node, and a new one after 50 turns. */
async function measureLoad(gateways: readonly Gateway[], round: number, seconds: number): Promise<Load> {
  let turns = 0;
  const ended = new AbortController();
  const talk = async (caller: number): Promise<void> => {
    const { url = "" } = gateways[caller % gateways.length] ?? {};
    for (let turn = 0; !ended.signal.aborted; turn += 1) {
      const session = `l${round}-${caller}-${Math.floor(turn / 50)}`;
      const reply = await say(url, { session, text: createQuestion(`${session}/${turn}`) });
      if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
      turns += 1;
    }
  };
  const talks = Promise.all(Array.from({ length: callers }, (_, caller) => talk(caller)));
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
