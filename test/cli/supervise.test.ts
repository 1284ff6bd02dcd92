/** A gateway starts, replaces and stops its workers. The test decides when their processes end. */
import { expect, onTestFinished, test } from "vitest";
import type { ForkedWorker, WorkerExit } from "../../cli/workers/fork-worker.ts";
import { createSupervisor, type Supervisor } from "../../cli/workers/supervise.ts";
import { shareLimit } from "../../server/lib/workers.ts";
import { createLog } from "../../server/lib/log.ts";

interface Process {
  readonly number: number;
  readonly messages: string[];
  start(): void;
  end(exit: Partial<WorkerExit>): void;
}

function createRig(count: number) {
  const processes: Process[] = [];
  const lines: Record<string, unknown>[] = [];
  const supervisor: Supervisor = createSupervisor({
    count,
    fork({ number, onStart }) {
      const { promise: exited, resolve } = Promise.withResolvers<WorkerExit>();
      const messages: string[] = [];
      const end = (exit: Partial<WorkerExit>): void => resolve({ code: null, signal: null, ...exit });
      processes.push({
        number,
        messages,
        start: () => onStart("http://127.0.0.1:4711"),
        end,
      });
      const worker: ForkedWorker = {
        pid: processes.length,
        send: ({ type }) => void messages.push(type),
        kill: () => end({ signal: "SIGKILL" }),
        exited,
      };
      return worker;
    },
    onExit: () => {},
    log: createLog(
      { level: "info", format: "json" },
      { writeLine: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    ),
  });
  onTestFinished(async () => {
    const stopped = supervisor.stop(0);
    processes.forEach(({ end }) => end({ code: 0 }));
    await stopped;
  });
  return { supervisor, processes, lines };
}

/** Starts all workers. */
async function startAll(
  { supervisor, processes }: ReturnType<typeof createRig>,
  count: number,
): Promise<void> {
  const started = supervisor.start();
  processes[0]?.start();
  await expect.poll(() => processes.length).toBe(count);
  processes.forEach(({ start }) => start());
  expect(await started).toEqual({ url: "http://127.0.0.1:4711" });
}

test("the other workers start after the first one, whose failure is the gateway's", async () => {
  const rig = createRig(3);
  const started = rig.supervisor.start();
  expect(rig.processes.map(({ number }) => number)).toEqual([1]);
  rig.processes[0]?.end({ code: 78 });
  expect(await started).toEqual({ exitCode: 78 });
  expect(rig.processes).toHaveLength(1);
  expect(rig.lines).toEqual([]);
});

test("a worker that ends soon after its start is replaced after a delay, which doubles", async () => {
  const rig = createRig(2);
  await startAll(rig, 2);
  rig.processes[1]?.end({ signal: "SIGKILL" });
  await expect.poll(() => rig.processes.length).toBe(3);
  rig.processes[2]?.end({ code: 1 });
  await expect.poll(() => rig.lines.map(({ delayMs }) => delayMs)).toEqual([1_000, 2_000]);
  expect(rig.lines).toMatchObject([
    { level: "error", worker: 2, pid: 2, signal: "SIGKILL" },
    { level: "error", worker: 2, pid: 3, code: 1 },
  ]);
});

test("a stop sends a message to all workers, kills those that do not end, and has their exit code", async () => {
  const rig = createRig(2);
  await startAll(rig, 2);
  const stopped = rig.supervisor.stop(50);
  expect(rig.processes.map(({ messages }) => messages)).toEqual([["stop"], ["stop"]]);
  rig.processes[0]?.end({ code: 0 });
  expect(await stopped).toBe(1);
  expect(rig.processes).toHaveLength(2);
  expect(rig.lines).toMatchObject([
    { message: "workers were killed, because they did not stop in time", workers: 1 },
  ]);
});

test("a stop during the start of the first worker starts no others", async () => {
  const rig = createRig(2);
  const started = rig.supervisor.start();
  const stopped = rig.supervisor.stop(10_000);
  rig.processes[0]?.start();
  expect(await started).toEqual({ url: "http://127.0.0.1:4711" });
  rig.processes[0]?.end({ code: 0 });
  expect(await stopped).toBe(0);
  expect(rig.processes).toHaveLength(1);
});

test("the shares of a limit add up to it", () => {
  for (const [total, count] of [
    [32, 3],
    [2, 4],
    [0, 2],
    [64_000_000, 7],
  ] as const) {
    const shares = Array.from({ length: count }, (_, index) => shareLimit(total, index + 1, count));
    expect(shares.reduce((sum, share) => sum + share)).toBe(total);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  }
});
