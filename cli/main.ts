#!/usr/bin/env node
/** `openclaw`: checks the Node version before it loads code that an older Node cannot parse. */
const minimumVersion = [24, 14, 1] as const;
const currentVersion = process.versions.node.split(".").map(Number);
const difference =
  minimumVersion.map((part, index) => (currentVersion[index] ?? 0) - part).find((part) => part !== 0) ?? 0;

if (difference < 0) {
  console.error(
    `openclaw needs Node ${minimumVersion.join(".")} or newer; this is ${process.versions.node}.`,
  );
  process.exitCode = 1;
} else {
  const args = process.argv.slice(2);
  if (args[0] === "gateway") {
    const { hideEnvironment } = await import("./hide-environment.ts");
    hideEnvironment();
  }
  const { enableStateCompileCache } = await import("./compile-cache.ts");
  enableStateCompileCache(args, process.env);
  const { processIo } = await import("./io.ts");
  const { runCommand } = await import("./run-command.ts");
  process.exitCode = await runCommand(args, processIo());
}
