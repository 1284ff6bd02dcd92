#!/usr/bin/env node
/** `openclaw`: checks the Node it runs on, before anything is loaded that an old one could not read. */
const needed = [24, 14, 1] as const;
const actual = process.versions.node.split(".").map(Number);
const difference = needed.map((part, index) => (actual[index] ?? 0) - part).find((part) => part !== 0) ?? 0;

if (difference < 0) {
  console.error(`openclaw needs Node ${needed.join(".")} or newer; this is ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  const { processIo } = await import("./io.ts");
  const { runCommand } = await import("./command.ts");
  process.exitCode = await runCommand(process.argv.slice(2), processIo());
}
