/** `npm run bench`: compares a bare pass-through, a peer and the gateway in rounds, under the same loads. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { measureDependencyMegabytes, measureFolderMegabytes, readResidentMegabytes } from "./measure.ts";
import type { MetricValues } from "./metrics.ts";
import { fullEffort, quickEffort, scenarios, warmUp } from "./scenarios.ts";
import {
  serverNames,
  startServer,
  startUpstream,
  type Server,
  type ServerName,
  type BenchEnvironment,
} from "./servers.ts";
import { formatTable } from "./table.ts";

const usage = [
  "npm run bench -- [--quick] [--only NAME] [--dist] [--profile FOLDER]",
  `  --only NAME       one of: start, ${scenarios.map(({ name }) => name).join(", ")}`,
  "  --dist            the built gateway (npm run build) instead of the sources",
  "  --profile FOLDER  the gateway alone; writes its CPU profile there, for bench/read-profile.ts",
].join("\n");

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    dist: { type: "boolean", default: false },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const root = join(import.meta.dirname, "..");
const effort = flags.quick ? quickEffort : fullEffort;
const selectedScenarios = scenarios.filter(({ name }) => flags.only === undefined || flags.only === name);
if (flags.help || (selectedScenarios.length === 0 && flags.only !== "start")) {
  console.log(usage);
  process.exit(flags.help ? 0 : 2);
}

if (!existsSync(join(import.meta.dirname, "node_modules"))) {
  const installation = spawnSync("npm", ["ci", "--prefix", import.meta.dirname], { stdio: "inherit" });
  if (installation.status !== 0) process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "openclaw-bench-"));
const environment: BenchEnvironment = { folder, dist: flags.dist, profileFolder: flags.profile };
const comparedServers: readonly ServerName[] = flags.profile === undefined ? serverNames : ["gateway"];
const servers = new Map<ServerName, Server>();
const rounds: Partial<Record<ServerName, MetricValues>>[] = [];
const startedAt = performance.now();
const load = loadavg()[0] ?? 0;
const upstream = await startUpstream(environment);

try {
  await startServers();
  if (flags.profile === undefined) for (const server of servers.values()) await warmUp(server, effort);
  for (const {
    name,
    rounds: count,
    servers: scenarioServers = serverNames,
    hasFreshProcesses,
    measure,
  } of selectedScenarios) {
    for (let round = 0; round < (flags.quick ? 1 : count); round += 1) {
      logProgress(`${name}, round ${round + 1}`);
      for (const server of comparedServers.filter((each) => scenarioServers.includes(each))) {
        const runningServer =
          (hasFreshProcesses === true ? undefined : servers.get(server)) ?? (await restartServer(server));
        recordMetrics(round, server, await measure(runningServer, upstream, effort));
      }
    }
  }
  if (flags.profile === undefined) recordInstallSizes();
} finally {
  for (const server of [...servers.values(), upstream]) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

const seconds = Math.round((performance.now() - startedAt) / 1_000);
const gatewaySource = flags.dist ? "dist" : "sources";
console.log(`
${availableParallelism()} cores, Node ${process.version}, gateway from ${gatewaySource}; load average before: ${load.toFixed(1)}; ${seconds} s
`);
console.log(formatTable(rounds));

/** Stops the server's previous process. */
async function restartServer(name: ServerName): Promise<Server> {
  await servers.get(name)?.stop();
  const server = await startServer(name, new URL(upstream.url).origin, environment);
  servers.set(name, server);
  return server;
}

/** Measures the start of each server in several rounds. The processes of the last round keep running. */
async function startServers(): Promise<void> {
  const count = flags.quick || flags.profile !== undefined ? 1 : 3;
  for (let round = 0; round < count; round += 1) {
    logProgress(`start, round ${round + 1}`);
    for (const name of comparedServers) {
      const { firstAnswerMs } = await restartServer(name);
      recordMetrics(round, name, { firstAnswerMs });
    }
  }
  await sleep(2_000);
  for (const [name, { pid }] of servers)
    recordMetrics(0, name, { idleMegabytes: readResidentMegabytes(pid) });
}

function recordInstallSizes(): void {
  const peer = join(import.meta.dirname, "node_modules/@portkey-ai/gateway");
  recordMetrics(0, "peer", {
    installMegabytes: measureDependencyMegabytes(peer) + measureFolderMegabytes(peer),
  });
  recordMetrics(0, "gateway", { installMegabytes: measureDependencyMegabytes(root) });
}

function recordMetrics(round: number, server: ServerName, values: MetricValues): void {
  const roundValues = (rounds[round] ??= {});
  roundValues[server] = { ...roundValues[server], ...values };
}

function logProgress(message: string): void {
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${message}`);
}
