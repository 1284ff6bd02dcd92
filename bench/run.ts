/** `npm run bench`: a bare pass-through, a peer and the gateway, side by side, round by round, under the same loads. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { dependencyMegabytes, folderMegabytes, residentMegabytes } from "./measure.ts";
import type { Figures } from "./metrics.ts";
import { fullEffort, quickEffort, scenarios, warmUp } from "./scenarios.ts";
import {
  serverNames,
  startServer,
  startUpstream,
  type Server,
  type ServerName,
  type Surroundings,
} from "./servers.ts";
import { table } from "./table.ts";

const usage = [
  "npm run bench -- [--quick] [--only NAME] [--dist] [--profile FOLDER]",
  `  --only NAME       one of: start, ${scenarios.map(({ name }) => name).join(", ")}`,
  "  --dist            the built gateway (npm run build) instead of the sources",
  "  --profile FOLDER  the gateway alone; leaves its CPU profile there, for bench/read-profile.ts",
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
const chosen = scenarios.filter(({ name }) => flags.only === undefined || flags.only === name);
if (flags.help || (chosen.length === 0 && flags.only !== "start")) {
  console.log(usage);
  process.exit(flags.help ? 0 : 2);
}

if (!existsSync(join(import.meta.dirname, "node_modules"))) {
  const installed = spawnSync("npm", ["ci", "--prefix", import.meta.dirname], { stdio: "inherit" });
  if (installed.status !== 0) process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "openclaw-bench-"));
const surroundings: Surroundings = { folder, dist: flags.dist, profileFolder: flags.profile };
const compared: readonly ServerName[] = flags.profile === undefined ? serverNames : ["gateway"];
const servers = new Map<ServerName, Server>();
const rounds: Partial<Record<ServerName, Figures>>[] = [];
const startedAt = performance.now();
const load = loadavg()[0] ?? 0;
const upstream = await startUpstream(surroundings);

try {
  await start();
  if (flags.profile === undefined) for (const server of servers.values()) await warmUp(server, effort);
  for (const { name, rounds: count, servers: driven = serverNames, anew, measure } of chosen) {
    for (let round = 0; round < (flags.quick ? 1 : count); round += 1) {
      tell(`${name}, round ${round + 1}`);
      for (const server of compared.filter((each) => driven.includes(each))) {
        const running = (anew === true ? undefined : servers.get(server)) ?? (await started(server));
        note(round, server, await measure(running, upstream, effort));
      }
    }
  }
  if (flags.profile === undefined) noteInstallSizes();
} finally {
  for (const server of [...servers.values(), upstream]) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

const seconds = Math.round((performance.now() - startedAt) / 1_000);
const built = flags.dist ? "dist" : "sources";
console.log(`
${availableParallelism()} cores, Node ${process.version}, gateway from ${built}; load average before: ${load.toFixed(1)}; ${seconds} s
`);
console.log(table(rounds));

/** Takes the place of the one before. */
async function started(name: ServerName): Promise<Server> {
  await servers.get(name)?.stop();
  const server = await startServer(name, new URL(upstream.url).origin, surroundings);
  servers.set(name, server);
  return server;
}

/** Starts each server as often as there are rounds; the last ones stay. */
async function start(): Promise<void> {
  const count = flags.quick || flags.profile !== undefined ? 1 : 3;
  for (let round = 0; round < count; round += 1) {
    tell(`start, round ${round + 1}`);
    for (const name of compared) {
      const { firstAnswerMs } = await started(name);
      note(round, name, { firstAnswerMs });
    }
  }
  await sleep(2_000);
  for (const [name, { pid }] of servers) note(0, name, { idleMegabytes: residentMegabytes(pid) });
}

function noteInstallSizes(): void {
  const peer = join(import.meta.dirname, "node_modules/@portkey-ai/gateway");
  note(0, "peer", { installMegabytes: dependencyMegabytes(peer) + folderMegabytes(peer) });
  note(0, "gateway", { installMegabytes: dependencyMegabytes(root) });
}

function note(round: number, server: ServerName, figures: Figures): void {
  const sofar = (rounds[round] ??= {});
  sofar[server] = { ...sofar[server], ...figures };
}

function tell(what: string): void {
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${what}`);
}
