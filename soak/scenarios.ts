/** The scenarios by name, and the figures that each promise of reliability has to reach. */
import { percentile } from "../bench/statistics.ts";
import { crash } from "./crash.ts";
import { drain } from "./drain.ts";
import { atMost, exactly, none, skipped, type Figure } from "./figure.ts";
import { fullDisk } from "./full-disk.ts";
import { idempotency } from "./idempotency.ts";
import { leaving } from "./leaving.ts";
import { memory } from "./memory.ts";
import { order } from "./order.ts";
import { overload } from "./overload.ts";
import { slowReaders } from "./slow-readers.ts";

export interface Effort {
  /** Of the crash rig. */
  readonly rounds: number;
  readonly turns: number;
  readonly keys: number;
  readonly callers: number;
  readonly readingSeconds: number;
  readonly overloadSeconds: number;
  /** Of the memory: requests before the first look at it, and between two looks. */
  readonly warmUp: number;
  readonly requests: number;
}

export const fullEffort: Effort = {
  rounds: 1_000,
  turns: 10_000,
  keys: 1_000,
  callers: 1_000,
  readingSeconds: 25,
  overloadSeconds: 60,
  warmUp: 10_000,
  requests: 10_000,
};
export const quickEffort: Effort = {
  rounds: 20,
  turns: 1_000,
  keys: 100,
  callers: 100,
  readingSeconds: 10,
  overloadSeconds: 10,
  warmUp: 6_000,
  requests: 2_000,
};

type Scenario = (effort: Effort, tell: (progress: string) => void) => Promise<readonly Figure[]>;

export const scenarios: Readonly<Record<string, Scenario>> = {
  async crash({ rounds }, tell) {
    const report = await crash(rounds, (round, faults) => {
      if (round % 25 === 24) tell(`${round + 1} of ${rounds} rounds, ${faults.length} faults`);
    });
    const told = `${report.acknowledged} turns acknowledged, ${report.cut} cut by ${report.kills} kills`;
    return [
      none(`${told}: lost, doubled, out of order`, report.faults),
      atMost("slowest start after a kill", Math.max(...report.readyMs), 2_000, "ms"),
      atMost("start after a kill, p50", percentile(report.readyMs, 0.5), 2_000, "ms"),
    ];
  },
  order: async ({ turns }) => [none(`${turns} turns, 50 at once: violations`, await order(turns, 50))],
  async idempotency({ keys }) {
    const { honoured, executions, faults } = await idempotency(keys, 25);
    if (!honoured)
      return [skipped("requests sent three times", "this gateway does not honour Idempotency-Key yet")];
    return [
      exactly("executions that finished, of requests sent three times", executions, keys),
      none("replays that differ or ran again", faults),
    ];
  },
  async leaving({ callers }) {
    const { closedMs, children, childrenLeft } = await leaving(callers, 20);
    return [
      atMost(`${closedMs.length} callers left: provider closed, p50`, percentile(closedMs, 0.5), 100, "ms"),
      atMost("the same, p99", percentile(closedMs, 0.99), 100, "ms"),
      exactly("processes that commands had started", children, 40),
      exactly("of these there after 3 s", childrenLeft, 0),
    ];
  },
  async "slow-readers"({ readingSeconds }) {
    const { addedMegabytes, beforeMs, meanwhileMs } = await slowReaders(20, 32, readingSeconds);
    return [
      atMost("20 readers of 32 MB who never read: added memory", addedMegabytes, 100, "MB"),
      atMost("a reader who reads, slowest beside them", meanwhileMs, Math.ceil(beforeMs + 500), "ms"),
    ];
  },
  async drain() {
    const { streams, complete, notReadyMs, exitMs, exitCode } = await drain(30);
    return [
      exactly("streams that ended with [DONE] after SIGTERM", complete, streams),
      atMost("until /readyz was 503", notReadyMs, 100, "ms"),
      exactly("exit code", exitCode, 0),
      atMost("until the process had ended", exitMs, 30_000, "ms"),
    ];
  },
  async overload({ overloadSeconds }) {
    const { answered, beforeMs, afterMs, ...ms } = await overload(5, overloadSeconds);
    const others = [...answered].filter(([status]) => !["200", "429", "503"].includes(status));
    const told = [...answered].map(([status, count]) => `${count} × ${status}`).join(", ");
    const p99 = (values: readonly number[]): number => percentile(values, 0.99);
    const machine = `p99 (of GET /healthz meanwhile: ${p99(ms.healthMs).toFixed(0)} ms)`;
    return [
      none(
        `${told}: other answers`,
        others.map(([status, count]) => `${count} × ${status}`),
      ),
      atMost(`rejections, ${machine}`, p99(ms.rejectionMs), 100, "ms"),
      atMost("the same in a session that is busy", p99(ms.sessionRejectionMs), 100, "ms"),
      atMost(
        `slowest answer 2 s later (before: ${beforeMs.toFixed(0)} ms)`,
        afterMs,
        Math.ceil(beforeMs + 200),
        "ms",
      ),
    ];
  },
  async "full-disk"() {
    const report = await fullDisk(5);
    if (report === undefined)
      return [skipped("full disk", "no tmpfs can be mounted here (on Linux, as root)")];
    return [
      exactly("503 storage_unavailable while the disk was full", report.refused, 25),
      exactly("questions that reached the provider meanwhile", report.paid, 0),
      none("other answers, and what is missing of the history", report.faults),
    ];
  },
  async memory({ warmUp, requests }) {
    const { megabytes, perThousand } = await memory(warmUp, 3, requests);
    const told = megabytes.map((value) => value.toFixed(1)).join(", ");
    return [
      atMost(
        `heap after garbage collections: ${told} MB; growth per 10 000 requests`,
        perThousand * 10,
        1,
        "MB",
      ),
    ];
  },
};
