/** Says in one line what to do when Node is too old for the sources. It is JavaScript, because an old Node cannot read TypeScript. */
import { readFileSync } from "node:fs";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const required = engines.node.replace(">=", "");
const current = process.versions.node;
const difference = required
  .split(".")
  .map((part, index) => Number(current.split(".")[index]) - Number(part))
  .find((part) => part !== 0);

if (difference !== undefined && difference < 0) {
  console.error(
    `Node ${required} or newer is needed, and this is ${current}: run \`npm ci\` without --ignore-scripts, which brings its own, or install Node ${required.split(".")[0]}.`,
  );
  process.exitCode = 1;
}
