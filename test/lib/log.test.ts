/** The log on standard error of a process of its own: its last lines, and a reader that has gone or stalled. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";

/** Runs a script that has a `log`. */
function spawnWithLog(script: string): ReturnType<typeof spawn> {
  const module = JSON.stringify(join(packageRoot, "server/lib/log.ts"));
  const code = `import { createLog } from ${module};
    const log = createLog({ level: "info", format: "json" });
    ${script}`;
  const child = spawn(process.execPath, ["--expose-gc", "--input-type=module", "--eval", code], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const countLines = (output: string): readonly unknown[] =>
  output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as { readonly count: unknown }).count);

test.each([
  ["an exit", "process.exit(0);"],
  ["a fatal error", 'throw new Error("fatal");'],
])("every line is written before %s", async (_, end) => {
  const child = spawnWithLog(
    `for (let count = 0; count < 100; count += 1) log.info("line", { count }); ${end}`,
  );
  const counts = countLines(child.stderr === null ? "" : await text(child.stderr));
  expect(counts.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test("a line is written within moments while the process continues", async () => {
  const child = spawnWithLog(`log.info("line"); setInterval(() => {}, 1_000);`);
  const [chunk] = (await once(child.stderr ?? child, "data")) as [Buffer];
  expect(chunk.toString()).toContain('"message":"line"');
});

test("a process whose reader of the log has gone logs its last line and exits", async () => {
  const child = spawnWithLog(
    `process.stdin.once("end", () => { log.info("stopped"); process.exit(0); }).resume();`,
  );
  child.stderr?.destroy();
  child.stdin?.end();
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a process whose reader of the log has stalled keeps a bounded number of lines, and exits", async () => {
  const child = spawnWithLog(`
    const line = "x".repeat(200);
    for (let round = 0; round < 200; round += 1) {
      for (let count = 0; count < 1_000; count += 1) log.info(line);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    gc();
    process.exit(process.memoryUsage().heapUsed < 30_000_000 ? 0 : 1);`);
  child.stderr?.pause();
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("lines that nobody reads are dropped and counted, and the count is in the log as soon as there is room", async () => {
  const child = spawnWithLog(`
    const line = "x".repeat(200);
    for (let count = 0; count < 20_000; count += 1) log.info(line);
    process.stdin.once("data", () => { log.info("after"); log.flush(10_000).then(() => process.exit(0)); });
    setTimeout(() => process.stdout.write(""), 60_000);`);
  const output = child.stderr;
  if (output === null) throw new Error("no output");
  output.pause();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const read = text(output);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  child.stdin?.write("go");
  const lines = (await read)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const reports = lines.filter(({ message }) => String(message).startsWith("lines of the log were dropped"));
  const counted = reports.reduce((sum, { count }) => sum + Number(count), 0);
  const written = lines.filter(({ message }) => message === "x".repeat(200)).length;
  expect(counted).toBeGreaterThan(0);
  expect(written + counted).toBe(20_000);
});
