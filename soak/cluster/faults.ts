/** Nodes that die or are paused, and a database that restarts or fails over, while callers talk to the cluster. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { startPostgres, type PostgresServer } from "../../test/support/postgres/server.ts";
import type { Gateway } from "../gateway.ts";
import { createQuestion } from "../question.ts";
import { say } from "../talk.ts";
import { startCluster, startProxy, type Cluster } from "./cluster.ts";
import { startTalkers, type TakenOverReport, type TalkReport } from "./talkers.ts";

type ReportProgress = (progress: string) => void;

const sessions = 25;

export async function runNodeKills(kills: number, reportProgress: ReportProgress): Promise<TalkReport> {
  await using cluster = await startCluster();
  const talkers = startTalkers(cluster, { sessions });
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(Math.random() * 600);
    const node = pickNode(cluster);
    await node.end("SIGKILL");
    // Sometimes another one dies while it is away.
    const other = kill % 5 === 4 ? pickNode(cluster) : node;
    if (other !== node) await other.end("SIGKILL");
    await Promise.all([...new Set([node, other])].map((each) => each.start()));
    if (kill % 10 === 9)
      reportProgress(`${kill + 1} of ${kills} kills, ${talkers.countAcknowledged()} turns`);
  }
  return await talkers.finish();
}

export interface DatabaseRestartReport extends TalkReport {
  /** Answers of each node while the database was away. */
  readonly answers: ReadonlyMap<string, number>;
  readonly providerCalls: number;
  /** Milliseconds from the start of the database until every node had stored a turn. */
  readonly recoveryMs: readonly number[];
}

export async function runDatabaseRestarts(
  restarts: number,
  reportProgress: ReportProgress,
): Promise<DatabaseRestartReport> {
  await using cluster = await startCluster();
  const { nodes, provider, database } = cluster;
  const talkers = startTalkers(cluster, { sessions });
  const answers = new Map<string, number>();
  const recoveryMs: number[] = [];
  for (let restart = 0; restart < restarts; restart += 1) {
    await sleep(500 + Math.random() * 1_000);
    await database.stop("immediate");
    await Promise.all(
      nodes.map(async ({ url }, index) => {
        const session = `away${restart}-${index}`;
        const { status, text } = await say(url, {
          session,
          text: createQuestion(`away/${restart}-${index}`),
        });
        answers.set(`${status} ${text}`, (answers.get(`${status} ${text}`) ?? 0) + 1);
      }),
    );
    await database.start();
    const startedAt = performance.now();
    await Promise.all(nodes.map((node, index) => askUntilStored(node, `back${restart}-${index}`)));
    recoveryMs.push(performance.now() - startedAt);
    if (restart % 5 === 4) reportProgress(`${restart + 1} of ${restarts} restarts`);
  }
  const providerCalls = (await provider.calls("away")).length;
  return { ...(await talkers.finish()), answers, providerCalls, recoveryMs };
}

/** Stops a node for 20 seconds in the middle of a run, and lets it go on. */
export async function runPauses(pauses: number): Promise<TakenOverReport> {
  await using cluster = await startCluster();
  const talkers = startTalkers(cluster, { sessions: 5 });
  const lateAnswers: string[] = [];
  for (let pause = 0; pause < pauses; pause += 1) {
    const node = pickNode(cluster);
    lateAnswers.push(await loseRun(cluster, node, `paused${pause}`, () => node.pause(20_000)));
  }
  const interruptions = await countInterruptions(cluster, "paused%");
  return { ...(await talkers.finish()), lateAnswers, interruptions };
}

/**
 * Starts a run on a node, takes the node away while the model thinks, and talks to the session on another node meanwhile.
 * Resolves to the answer that the run got in the end.
 */
export async function loseRun(
  { nodes }: Cluster,
  node: Gateway,
  session: string,
  takeAway: () => Promise<void>,
): Promise<string> {
  const late = say(node.url, { session, text: createQuestion(`${session}/1`, { wait: 5_000 }) });
  await sleep(2_000);
  const other = nodes.find((each) => each !== node) ?? node;
  const away = takeAway();
  await askUntilStored(other, session);
  await away;
  const { status, text } = await late;
  return `${status} ${text}`;
}

export interface FailoverReport extends TalkReport {
  readonly recoveryMs: number;
}

/** A replica takes over from a primary that is killed. HAProxy stands before both. */
export async function runFailover(): Promise<FailoverReport> {
  await using stack = new AsyncDisposableStack();
  const primary = await startPostgres(["max_connections = 200", "synchronous_commit = remote_apply"]);
  stack.defer(primary.remove);
  const replica = await primary.startReplica();
  stack.defer(replica.remove);
  await setSynchronous(primary);
  const file = join(primary.folder, "failover.cfg");
  writeFileSync(file, failoverConfig(primary, replica));
  const address = new URL(await startProxy(stack, file, {}));
  const databaseUrl = `postgres://postgres@${address.host}/postgres`;
  await waitForDatabase(databaseUrl);
  const cluster = stack.use(await startCluster({ database: replica, databaseUrl }));
  const talkers = startTalkers(cluster, { sessions });
  await sleep(8_000);
  await primary.stop("immediate");
  await replica.promote();
  const startedAt = performance.now();
  await Promise.all(cluster.nodes.map((node, index) => askUntilStored(node, `after${index}`)));
  const recoveryMs = performance.now() - startedAt;
  await sleep(3_000);
  return { ...(await talkers.finish()), recoveryMs };
}

const failoverConfig = (primary: PostgresServer, replica: PostgresServer): string => `defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
frontend database
  bind "\${OPENCLAW_LISTEN}"
  default_backend servers
backend servers
  default-server check inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions
  server primary 127.0.0.1:${primary.port}
  server replica 127.0.0.1:${replica.port} backup
`;

/** Commits wait for the replica from now on. */
async function setSynchronous(primary: PostgresServer): Promise<void> {
  const client = new Client(primary.url);
  await client.connect();
  await client.query("alter system set synchronous_standby_names = '*'");
  await client.query("select pg_reload_conf()");
  await client.end();
}

async function waitForDatabase(url: string): Promise<void> {
  for (;;) {
    const client = new Client(url);
    client.on("error", () => {});
    const isReady = await client.connect().then(
      () => true,
      () => false,
    );
    if (isReady) return client.end();
    await sleep(100);
  }
}

async function askUntilStored({ url }: Gateway, session: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const text = createQuestion(`${session}/a${attempt}`);
    const reply = await say(url, { session, text }).catch(() => undefined);
    if (reply?.status === 200) return;
    await sleep(50);
  }
}

export async function countInterruptions({ database }: Cluster, keys: string): Promise<number> {
  const client = new Client(database.url);
  await client.connect();
  const { rows } = await client.query<{ readonly count: string }>(
    `select count(*) from openclaw.entries join openclaw.sessions on sessions.id = session_id
     where kind = 'interrupted' and key like $1`,
    [`%:${keys}`],
  );
  await client.end();
  return Number(rows[0]?.count);
}

const pickNode = ({ nodes }: Cluster): Gateway => {
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  if (node === undefined) throw new Error("a cluster has nodes");
  return node;
};
