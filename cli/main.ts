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
  const { readGlobalOptions, startsGateway } = await import("./global-options.ts");
  const { homedir } = await import("node:os");
  const { args, env, error } = readGlobalOptions(process.argv.slice(2), process.env, homedir());
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  const isGateway = startsGateway(args);
  if (isGateway) {
    const { hideEnvironment } = await import("./hide-environment.ts");
    hideEnvironment();
    const { tuneEngine } = await import("./tune-engine.ts");
    tuneEngine();
  }
  const { enableStateCompileCache } = await import("./compile-cache.ts");
  enableStateCompileCache(isGateway, process.env);
  const { processIo } = await import("./io.ts");
  const { runCommand } = await import("./run-command.ts");
  if (error === undefined) {
    process.exitCode = await runCommand(args, processIo());
    // What nobody reads would keep the process alive.
    if (isGateway) await exitWithin(1_000);
  } else {
    console.error(`openclaw: ${error}`);
    process.exitCode = 2;
  }
}

/** Exits when the standard streams have been written, or after `maxMs` milliseconds. */
async function exitWithin(maxMs: number): Promise<void> {
  const deadline = performance.now() + maxMs;
  const isPending = (): boolean => process.stdout.writableLength + process.stderr.writableLength > 0;
  while (isPending() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  process.exit();
}
