import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import {
  runInThread,
  sumThreadBytes,
  type ThreadOutcome,
  type ThreadTask,
} from "../../server/documents/run-in-thread.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

/** Runs code that has `post` for its result and `input` for what it was given. */
function run(code: string, more: Partial<ThreadTask> = {}): Promise<ThreadOutcome<unknown>> {
  const file = join(createTemporaryFolder(), "task.ts");
  const head = `import { parentPort, workerData as input } from "node:worker_threads";`;
  writeFileSync(file, `${head}\nconst post = (value: unknown) => parentPort?.postMessage(value);\n${code}`);
  const module = pathToFileURL(file);
  const { signal } = new AbortController();
  return runInThread({ module, input: "x", maxCpuMs: 20_000, maxMemoryMb: 64, signal, ...more });
}

test("a thread returns its result, or the reason of its end", async () => {
  expect(await run("post(input + 1)")).toEqual({ value: "x1" });
  expect(await run("await 1; throw new TypeError('oh')")).toMatchObject({ error: { message: "oh" } });
  expect(await run("process.exit(0)")).toMatchObject({
    error: { message: "the thread ended without a result" },
  });
});

test("an endless thread is terminated, even inside a loop", async () => {
  const input = new Int32Array(new SharedArrayBuffer(4));
  const endless = "for (;;) Atomics.add(input, 0, 1)";
  expect(await run(endless, { input, maxCpuMs: 2_000 })).toEqual({ exceededLimit: "time" });
  const turns = Atomics.load(input, 0);
  expect(turns).toBeGreaterThan(0);
  await sleep(50);
  expect(Atomics.load(input, 0)).toBe(turns);

  const controller = new AbortController();
  const running = run(endless, { input, signal: controller.signal });
  const reason = new Error("left");
  setTimeout(() => controller.abort(reason), 200);
  await expect(running).rejects.toBe(reason);
});

test("a thread that waits uses no CPU time, and is terminated after ten times its limit", async () => {
  const wait = (ms: number): string =>
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms}); post("done")`;
  expect(await run(wait(1_500), { maxCpuMs: 1_000 })).toEqual({ value: "done" });
  expect(await run(wait(600_000), { maxCpuMs: 300 })).toEqual({ exceededLimit: "time" });
});

test("a thread that exceeds its memory is terminated, for objects and for buffers", async () => {
  const objects = "const all: unknown[] = []; for (;;) all.push(Array.from({ length: 1_000 }, () => ({})))";
  expect(await run(objects)).toEqual({ exceededLimit: "memory" });
  const bytes = `
    const nap = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    const all: unknown[] = [];
    for (let i = 0; i < 100; i += 1) {
      all.push(new Uint8Array(4_000_000).fill(1));
      nap();
    }
    for (let i = 0; i < 500; i += 1) nap();
    post("all of it")`;
  expect(await run(bytes)).toEqual({ exceededLimit: "memory" });
});

test("the bytes of a thread are counted while it runs", async () => {
  const controller = new AbortController();
  const code = "const bytes = new Uint8Array(40_000_000).fill(1); setInterval(() => bytes.at(0), 1_000)";
  const running = run(code, { signal: controller.signal });
  running.catch(() => {});
  await expect.poll(sumThreadBytes).toBeGreaterThan(40_000_000);
  controller.abort(new Error("left"));
  await expect(running).rejects.toThrow("left");
  expect(sumThreadBytes()).toBe(0);
});

test("a thread that exceeds its memory never ends its process", async () => {
  const folder = createTemporaryFolder();
  writeFileSync(
    join(folder, "greedy.ts"),
    "const all: unknown[] = []; for (;;) all.push(Array.from({ length: 1_000 }, () => ({})))",
  );
  const program = `
    import { runInThread } from ${JSON.stringify(join(packageRoot, "server/documents/run-in-thread.ts"))};
    const module = new URL(${JSON.stringify(pathToFileURL(join(folder, "greedy.ts")).href)});
    const { signal } = new AbortController();
    for (let round = 0; round < 10; round += 1)
      console.log(JSON.stringify(await runInThread({ module, input: "x", maxCpuMs: 20_000, maxMemoryMb: 64, signal })));`;
  const flags = ["--input-type=module-typescript", "-e", program];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  expect(stdout).toBe('{"exceededLimit":"memory"}\n'.repeat(10));
});

test("a thread has no environment and cannot write to the gateway's output", async () => {
  process.env["THREAD_CANARY"] = "secret";
  const environment = await run("console.log('noise'); console.error('noise'); post({ ...process.env })");
  delete process.env["THREAD_CANARY"];
  expect(environment).toEqual({ value: {} });
});
