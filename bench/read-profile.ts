/** Prints the functions with the most self time in a CPU profile, without idle time. `node bench/read-profile.ts FOLDER [ROWS]` */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const [folder = ".", rows = "15"] = process.argv.slice(2);
const [path] = globSync(join(folder, "*.cpuprofile")).sort().toReversed();
if (path === undefined) throw new Error(`there is no CPU profile in ${folder}`);
const profile = JSON.parse(readFileSync(path, "utf8")) as Profile;

const locations = new Map(profile.nodes.map(({ id, callFrame }) => [id, formatLocation(callFrame)]));
const times = new Map<string, number>();
for (const [index, node] of profile.samples.entries()) {
  const name = locations.get(node) ?? "";
  if (name !== "(idle)") times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
}
const busyMicroseconds = times.values().reduce((sum, time) => sum + time, 0);

console.log(
  `${(busyMicroseconds / 1_000_000).toFixed(1)} s not idle\n\n| self time | function |\n| --: | --- |`,
);
for (const [name, time] of [...times].sort(([, a], [, b]) => b - a).slice(0, Number(rows))) {
  console.log(`| ${((time / busyMicroseconds) * 100).toFixed(1)} % | ${name} |`);
}

function formatLocation({ functionName, url, lineNumber }: Profile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const file = url.replace(/^file:\/\//, "").replace(`${join(import.meta.dirname, "..")}/`, "");
  return `\`${name}\` ${file.replace(/^.*node_modules\//, "")}:${lineNumber + 1}`;
}
