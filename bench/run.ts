/** `npm run bench`: compares a bare pass-through, other gateways and this gateway, in turn and under the same loads. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { measureDependencyMegabytes, measureFolderMegabytes, readResidentMegabytes } from "./measure.ts";
import { fullEffort, quickEffort, type BenchContext, type Round } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { warmUp } from "./scenarios/replies.ts";
import {
  defaultServers,
  installedServers,
  startServer,
  startUpstream,
  type Server,
  type ServerName,
  type BenchEnvironment,
} from "./servers.ts";
import { formatTargets, formatValues } from "./table.ts";

const names = ["start", ...Object.keys(scenarios)];
const usage = [
  "npm run bench -- [--quick] [--only NAMES] [--dist] [--with NAMES] [--profile FOLDER]",
  `  --only NAMES      of the loads: ${names.join(",")}; or page alone: the page for people, in Chromium`,
  "  --dist            the built gateway (npm run build) instead of the sources",
  `  --with NAMES      also programs that are installed: ${installedServers.join(",")}`,
  "  --profile FOLDER  the gateway alone; writes its CPU profile there, for bench/read-profile.ts",
].join("\n");

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    dist: { type: "boolean", default: false },
    with: { type: "string" },
    profile: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const root = join(import.meta.dirname, "..");
/** Time without a request before memory is read. Within that time the gateway releases the memory of its start. */
const idleMs = 20_000;
if (flags.only === "page") {
  const { measurePage } = await import("./page.ts");
  for (const line of await measurePage(flags.quick ? 20 : 600)) console.log(line);
  process.exit(0);
}
const selected = flags.only?.split(",") ?? names;
const withInstalled = flags.with?.split(",") ?? [];
const isUnknown = (name: string, known: readonly string[]): boolean => !known.includes(name);
if (
  flags.help ||
  selected.some((name) => isUnknown(name, names)) ||
  withInstalled.some((name) => isUnknown(name, installedServers))
) {
  console.log(usage);
  process.exit(flags.help ? 0 : 2);
}

if (!existsSync(join(import.meta.dirname, "node_modules"))) {
  const installation = spawnSync("npm", ["ci", "--ignore-scripts", "--prefix", import.meta.dirname], {
    stdio: "inherit",
  });
  if (installation.status !== 0) process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "openclaw-bench-"));
const environment: BenchEnvironment = { folder, dist: flags.dist, profileFolder: flags.profile };
const comparedServers: readonly ServerName[] =
  flags.profile === undefined
    ? [...defaultServers, ...installedServers.filter((name) => withInstalled.includes(name))]
    : ["gateway"];
const servers = new Map<ServerName, Server>();
const rounds: Round[] = [];
const startedAt = performance.now();
const load = loadavg()[0] ?? 0;
const upstream = await startUpstream(environment);
const context: BenchContext = {
  servers,
  upstream,
  effort: flags.quick ? quickEffort : fullEffort,
  environment,
  start: (name, options) =>
    startServer(name, { ...options, upstream: new URL(upstream.url).origin }, environment),
};

try {
  rounds.push(...(await startServers()));
  if (flags.profile === undefined) {
    await warmUp(context);
    rounds.push(measureInstallSizes());
  }
  for (const [name, measure] of Object.entries(scenarios)) {
    if (!selected.includes(name)) continue;
    logProgress(name);
    try {
      rounds.push(...(await measure(context)));
    } catch (error) {
      // The figures of the other loads took minutes.
      console.error(`${name} failed:`, error);
      process.exitCode = 1;
    }
  }
} finally {
  for (const server of [...servers.values(), upstream]) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

const seconds = Math.round((performance.now() - startedAt) / 1_000);
const gatewaySource = flags.dist ? "dist" : "sources";
console.log(`
${availableParallelism()} cores, Node ${process.version}, gateway from ${gatewaySource}; load average before: ${load.toFixed(1)}; ${seconds} s
`);
console.log(formatValues(rounds, comparedServers));
console.log(`\n${formatTargets(rounds)}`);

/** Measures the start of each server in several rounds. The processes of the last round keep running. */
async function startServers(): Promise<readonly Round[]> {
  const count = selected.includes("start") ? context.effort.rounds : 1;
  const starts: Round[] = [];
  for (let round = 0; round < count; round += 1) {
    logProgress(`start, round ${round + 1}`);
    const values: [ServerName, Round[ServerName]][] = [];
    for (const name of comparedServers) {
      await servers.get(name)?.stop();
      const server = await context.start(name);
      servers.set(name, server);
      values.push([name, { firstAnswerMs: server.firstAnswerMs, firstAnswerCpu: server.firstAnswerCpuMs }]);
    }
    starts.push(Object.fromEntries(values));
  }
  await sleep(idleMs);
  const idle = [...servers].map(([name, { pid }]) => [name, { idleMegabytes: readResidentMegabytes(pid) }]);
  return [...starts, Object.fromEntries(idle) as Round];
}

function measureInstallSizes(): Round {
  const measurePackage = (name: string): number => {
    const path = join(import.meta.dirname, "node_modules", name);
    return measureDependencyMegabytes(path) + measureFolderMegabytes(path);
  };
  return {
    portkey: { installMegabytes: measurePackage("@portkey-ai/gateway") },
    llms: { installMegabytes: measurePackage("@musistudio/llms") },
    gateway: { installMegabytes: measureDependencyMegabytes(root) },
  };
}

function logProgress(message: string): void {
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${message}`);
}
