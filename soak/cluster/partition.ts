/**
 * Cuts the network between one node and the database. The node is in a network namespace of its own, with one pair of interfaces for
 * the database and one for everything else. A queue that is too short for any packet drops what comes through the first pair.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startPostgres } from "../../test/support/postgres/server.ts";
import { createGateway } from "../gateway.ts";
import { startProvider } from "../provider.ts";
import { createNodeConfig, startCluster } from "./cluster.ts";
import { countInterruptions, loseRun } from "./faults.ts";
import { startTalkers, type TakenOverReport } from "./talkers.ts";

export interface PartitionReport extends TakenOverReport {
  /** Milliseconds from each cut until `/readyz` of the node was not 200. */
  readonly unreadyMs: readonly number[];
}

const cutMs = 25_000;

/** Returns why the network cannot be cut, where that is so. */
export async function runPartitions(cuts: number): Promise<PartitionReport | string> {
  await using stack = new AsyncDisposableStack();
  const network = createNetwork();
  if (typeof network === "string") return network;
  stack.defer(network.remove);
  const database = await startPostgres([
    "max_connections = 200",
    "listen_addresses = '*'",
    `hba_file = '${network.hbaFile}'`,
  ]);
  stack.defer(database.remove);
  const cluster = stack.use(await startCluster({ database }));
  const provider = stack.use(await startProvider(network.hostAddress));
  const databaseUrl = new URL(database.url);
  databaseUrl.hostname = network.databaseAddress;
  const bind = { bind: "custom" as const, customBindHost: network.nodeAddress };
  const node = stack.use(
    await createGateway({
      config: createNodeConfig(provider, databaseUrl.href, { gateway: bind }),
      host: network.nodeAddress,
      commandPrefix: network.commandPrefix,
    }),
  );
  await node.start();
  const talkers = startTalkers(cluster, { sessions: 5 });
  const lateAnswers: string[] = [];
  const unreadyMs: number[] = [];
  for (let cut = 0; cut < cuts; cut += 1) {
    const takeAway = async (): Promise<void> => {
      network.cut();
      const startedAt = performance.now();
      while ((await readStatus(node.url)) === 200) await sleep(50);
      const ms = performance.now() - startedAt;
      unreadyMs.push(ms);
      await sleep(cutMs - ms);
      network.heal();
    };
    lateAnswers.push(await loseRun(cluster, node, `cut${cut}`, takeAway));
    while ((await readStatus(node.url)) !== 200) await sleep(50);
  }
  const interruptions = await countInterruptions(cluster, "cut%");
  return { ...(await talkers.finish()), lateAnswers, interruptions, unreadyMs };
}

async function readStatus(url: string): Promise<number> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  );
  await response?.body?.cancel();
  return response?.status ?? 0;
}

interface Network {
  readonly hostAddress: string;
  readonly databaseAddress: string;
  readonly nodeAddress: string;
  /** Rules by which PostgreSQL accepts connections of the namespace. */
  readonly hbaFile: string;
  /** Starts a program in the namespace. */
  readonly commandPrefix: readonly string[];
  cut(): void;
  heal(): void;
  remove(): void;
}

function createNetwork(): Network | string {
  if (process.getuid?.() !== 0) return "a network namespace needs root";
  const name = `soak${process.pid}`;
  const ip = (...args: readonly string[]): unknown => run("ip", args);
  const subnet = `10.${100 + (process.pid % 100)}`;
  const pairs = [
    { host: `${name}f`, peer: `${name}f1`, network: `${subnet}.1` },
    { host: `${name}d`, peer: `${name}d1`, network: `${subnet}.2` },
  ];
  const remove = (): void => {
    for (const { host } of pairs) tryRun(() => ip("link", "del", host));
    tryRun(() => ip("netns", "del", name));
  };
  try {
    ip("netns", "add", name);
    ip("-n", name, "link", "set", "lo", "up");
    for (const { host, peer, network } of pairs) {
      ip("link", "add", host, "type", "veth", "peer", "name", peer, "netns", name);
      ip("addr", "add", `${network}.1/24`, "dev", host);
      ip("link", "set", host, "up");
      ip("-n", name, "addr", "add", `${network}.2/24`, "dev", peer);
      ip("-n", name, "link", "set", peer, "up");
    }
    // Fails at once where the kernel has no such queue.
    const drop = ["root", "tbf", "rate", "8bit", "burst", "1", "limit", "1"];
    const [, link] = pairs;
    const { host = "", peer = "" } = link ?? {};
    const cut = (): void => {
      run("tc", ["qdisc", "add", "dev", host, ...drop]);
      run("tc", ["-n", name, "qdisc", "add", "dev", peer, ...drop]);
    };
    const heal = (): void => {
      run("tc", ["qdisc", "del", "dev", host, "root"]);
      run("tc", ["-n", name, "qdisc", "del", "dev", peer, "root"]);
    };
    cut();
    heal();
    const hbaFile = `/tmp/${name}.hba`;
    writeFileSync(hbaFile, `host all all 127.0.0.1/32 trust\nhost all all ${subnet}.0.0/16 trust\n`, {
      mode: 0o644,
    });
    return {
      hostAddress: `${subnet}.1.1`,
      databaseAddress: `${subnet}.2.1`,
      nodeAddress: `${subnet}.1.2`,
      hbaFile,
      commandPrefix: ["ip", "netns", "exec", name],
      cut,
      heal,
      remove,
    };
  } catch (error) {
    remove();
    return `no network namespace whose packets can be dropped: ${String(error).slice(0, 200)}`;
  }
}

const run = (command: string, args: readonly string[]): unknown =>
  execFileSync(command, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });

function tryRun(step: () => unknown): void {
  try {
    step();
  } catch {
    // It does not exist.
  }
}
