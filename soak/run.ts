/** `npm run soak`: measures the reliability targets at full size. Exits with 1 when one is missed. */
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { createFailedMetric, formatMetric, formatTable, type Metric } from "./metric.ts";
import { fullEffort, quickEffort, scenarios } from "./scenarios.ts";

const names = Object.keys(scenarios);
const usage = [
  "npm run soak -- [--quick] [--rounds N] [SCENARIO …]",
  `  SCENARIO    any of ${names.join(", ")}, or \`cluster\` for those of several nodes; all by default`,
  `  --rounds N  kills of the crash rig, and losses of power; ${fullEffort.rounds} by default`,
  "  --quick     smaller numbers everywhere: to see that it works",
].join("\n");

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const effort = flags.quick ? quickEffort : fullEffort;
const rounds = Number(flags.rounds ?? effort.rounds);
const selected = positionals.flatMap((name) =>
  name === "cluster" ? names.filter((each) => each.startsWith("cluster-")) : [name],
);
const unknown = selected.filter((name) => !names.includes(name));
if (flags.help || unknown.length > 0 || !(Number.isInteger(rounds) && rounds > 0)) {
  for (const name of unknown) console.error(`There is no scenario ${JSON.stringify(name)}.`);
  console.log(usage);
  process.exit(flags.help ? 0 : 2);
}

const startedAt = performance.now();
const load = loadavg()[0] ?? 0;
const metrics: (readonly [scenario: string, Metric])[] = [];

for (const [name, measure] of Object.entries(scenarios)) {
  if (selected.length > 0 && !selected.includes(name)) continue;
  logProgress(name, "…");
  const reportProgress = (text: string): void => logProgress(name, text);
  const scenarioMetrics = await measure({ ...effort, rounds }, reportProgress).catch((error: unknown) => [
    createFailedMetric(error),
  ]);
  for (const metric of scenarioMetrics) {
    metrics.push([name, metric]);
    console.log(formatMetric(name, metric));
  }
}

const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
console.log(`
${availableParallelism()} cores, Node ${process.version}; load average before: ${load.toFixed(1)}; ${minutes} min
`);
console.log(formatTable(metrics));
// A scenario that threw may have left callers behind.
process.exit(metrics.some(([, { outcome }]) => outcome === "FAILED") ? 1 : 0);

function logProgress(scenario: string, text: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.error(`${seconds.padStart(5)} s  ${scenario}: ${text}`);
}
