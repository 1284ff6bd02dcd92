/** The scenarios by name, with the limits that each metric has to meet. */
import { percentile } from "../bench/statistics.ts";
import { runBoundaries } from "./boundaries.ts";
import { runClock } from "./clock.ts";
import {
  clusterScenarios,
  fullClusterEffort,
  quickClusterEffort,
  type ClusterEffort,
} from "./cluster/scenarios.ts";
import { runCrash } from "./crash.ts";
import { runCredentialStorm } from "./credential-storm.ts";
import { runDiskFaults } from "./disk-faults.ts";
import { runDrain } from "./drain.ts";
import {
  expectAtMost,
  expectBetween,
  expectExactly,
  expectNoFaults,
  createSkippedMetric,
  type Metric,
} from "./metric.ts";
import { runFullDisk } from "./full-disk.ts";
import { runHostileProvider } from "./hostile-gateway.ts";
import { runIdempotency } from "./idempotency.ts";
import { runKillBackup, runKillMigration } from "./kill-work.ts";
import { runLeaving } from "./leaving.ts";
import { runLimits } from "./limits.ts";
import { runMemory } from "./memory.ts";
import { runOrder } from "./order.ts";
import { runOverload } from "./overload.ts";
import { runPowerLoss } from "./power-loss.ts";
import { runPressure } from "./pressure.ts";
import { runSilentSockets } from "./silent-sockets.ts";
import { runSlowReaders } from "./slow-readers.ts";

export interface Effort extends ClusterEffort {
  /** Rounds of the crash scenario, and losses of power. */
  readonly rounds: number;
  /** Kills during the upgrade of a store, and during a backup. */
  readonly kills: number;
  readonly turns: number;
  readonly keys: number;
  readonly callers: number;
  readonly readingSeconds: number;
  /** How often each answer of the hostile provider is read. */
  readonly repeats: number;
  readonly overloadSeconds: number;
  /** Requests before the first measurement of memory, and between two measurements. */
  readonly warmUp: number;
  readonly requests: number;
}

export const fullEffort: Effort = {
  ...fullClusterEffort,
  rounds: 1_000,
  kills: 50,
  turns: 10_000,
  keys: 1_000,
  callers: 1_000,
  readingSeconds: 40,
  repeats: 5,
  overloadSeconds: 60,
  warmUp: 10_000,
  requests: 10_000,
};
export const quickEffort: Effort = {
  ...quickClusterEffort,
  rounds: 20,
  kills: 5,
  turns: 1_000,
  keys: 100,
  callers: 100,
  readingSeconds: 40,
  repeats: 1,
  overloadSeconds: 10,
  warmUp: 6_000,
  requests: 2_000,
};

type Scenario = (effort: Effort, reportProgress: (progress: string) => void) => Promise<readonly Metric[]>;

export const scenarios: Readonly<Record<string, Scenario>> = {
  async crash({ rounds }, reportProgress) {
    const report = await runCrash(rounds, (round, faults) => {
      if (round % 25 === 24) reportProgress(`${round + 1} of ${rounds} rounds, ${faults.length} faults`);
    });
    const summary = `${report.acknowledged} turns acknowledged, ${report.unacknowledged} cut by ${report.kills} kills`;
    return [
      expectNoFaults(`${summary}: lost, doubled, out of order`, report.faults),
      expectAtMost("slowest start after a kill", Math.max(...report.readyMs), 2_000, "ms"),
      expectAtMost("start after a kill, p50", percentile(report.readyMs, 0.5), 2_000, "ms"),
    ];
  },
  async "power-loss"({ rounds }, reportProgress) {
    const report = await runPowerLoss(rounds, {
      onLoss(loss, faults) {
        if (loss % 100 === 99) reportProgress(`${loss + 1} of ${rounds} losses, ${faults.length} faults`);
      },
    });
    if (typeof report === "string") return [createSkippedMetric("losses of power", report)];
    const summary = `${report.losses} losses of power, ${report.acknowledged} acknowledged writes before them`;
    return [expectNoFaults(`${summary}: lost, or a store that does not open`, report.faults)];
  },
  async "kill-upgrade"({ kills }) {
    const { interrupted, faults } = await runKillMigration(kills);
    const summary = `${kills} kills of a gateway that upgrades a store, ${interrupted} before its end`;
    return [expectNoFaults(`${summary}: what is missing afterwards`, faults)];
  },
  async "kill-backup"({ kills }) {
    const { interrupted, faults } = await runKillBackup(kills);
    const summary = `${kills} kills of a gateway that makes a backup, ${interrupted} in the middle`;
    return [expectNoFaults(`${summary}: lost turns, and backups that are not complete`, faults)];
  },
  async "disk-faults"() {
    const report = await runDiskFaults();
    if (typeof report === "string") return [createSkippedMetric("failed writes", report)];
    const { failures, acknowledged, faults } = report;
    const summary = `ENOSPC, EIO and EROFS at each write: ${failures} turns failed, ${acknowledged} writes acknowledged`;
    return [expectNoFaults(`${summary}: lost, other errors, or a store that does not recover`, faults)];
  },
  async clock() {
    const { stored, lost } = await runClock(40);
    return [
      expectNoFaults(`${stored} sessions, answers and responses, clock at ± 40 days, then right: lost`, lost),
    ];
  },
  async limits() {
    const { probes, headerSeconds, bodySeconds, rejectedBodyBytes } = await runLimits();
    return [
      ...probes.map(({ name, found, expected }) => expectExactly(name, found, expected)),
      expectBetween("headers that do not arrive: time until the end", [headerSeconds], 10, 12, "s"),
      expectBetween("a body that does not arrive: time until the end", [bodySeconds], 30, 32, "s"),
      // What is read, and what the buffers of both systems hold.
      expectAtMost("bytes of a body without a credential", rejectedBodyBytes / 1_000_000, 8, "MB"),
    ];
  },
  async boundaries() {
    const { attempts, faults, leaks } = await runBoundaries();
    return [
      expectNoFaults(`${attempts} requests around the checks: answered in another way`, faults),
      expectExactly("lines of the log with the secret", leaks, 0),
    ];
  },
  async "credential-storm"({ overloadSeconds }) {
    const report = await runCredentialStorm(overloadSeconds);
    const { statusCounts, rightMs, logLines } = report;
    const others = [...statusCounts].filter(([status]) => status !== "401" && status !== "429");
    const summary = [...statusCounts].map(([status, count]) => `${count} × ${status}`).join(", ");
    return [
      expectNoFaults(
        `wrong credentials, ${summary}: other answers`,
        others.map(([status, count]) => `${count} × ${status}`),
      ),
      expectExactly("right credentials that were rejected meanwhile", report.wronglyRejected, 0),
      expectAtMost("answers to a right credential, p99", percentile(rightMs, 0.99), 500, "ms"),
      // One for each address and minute, and one when the address is locked out.
      expectAtMost("lines of the log about them", logLines, 2 * (Math.ceil(overloadSeconds / 60) + 1), ""),
      expectAtMost("added resident memory", report.addedMegabytes, 100, "MB"),
    ];
  },
  async order({ turns }) {
    const { rejections, faults } = await runOrder(turns, 50);
    return [
      expectNoFaults(`${turns} turns, 50 at once: violations`, faults),
      expectExactly("turns that were rejected", rejections, 0),
    ];
  },
  async idempotency({ keys }) {
    const { isSupported, executions, faults } = await runIdempotency(keys, 25);
    if (!isSupported)
      return [
        createSkippedMetric("requests sent three times", "this gateway does not honour Idempotency-Key yet"),
      ];
    return [
      expectExactly("executions that finished, of requests sent three times", executions, keys),
      expectNoFaults("replays that differ or ran again", faults),
    ];
  },
  async leaving({ callers }) {
    const { closedMs, children, childrenLeft } = await runLeaving(callers, 20);
    return [
      expectAtMost(
        `${closedMs.length} callers left: provider closed, p50`,
        percentile(closedMs, 0.5),
        100,
        "ms",
      ),
      expectAtMost("the same, p99", percentile(closedMs, 0.99), 100, "ms"),
      expectExactly("processes that commands had started", children, 40),
      expectExactly("of these there after 3 s", childrenLeft, 0),
    ];
  },
  async "slow-readers"({ readingSeconds }) {
    const { addedMegabytes, cutSeconds, beforeMs, meanwhileMs } = await runSlowReaders(
      20,
      32,
      readingSeconds,
    );
    return [
      expectAtMost("20 streams of 32 MB that are never read: added memory", addedMegabytes, 100, "MB"),
      expectExactly("of these cut by the gateway", cutSeconds.length, 20),
      expectBetween("time of the cuts", cutSeconds, 29, 35, "s"),
      expectAtMost(
        "the slowest stream that is read beside them",
        meanwhileMs,
        Math.ceil(beforeMs + 500),
        "ms",
      ),
    ];
  },
  async "hostile-provider"({ repeats }) {
    const { answers, faults, healthMs, addedMegabytes } = await runHostileProvider(repeats);
    return [
      expectNoFaults(`${answers} answers of a hostile provider, 16 at once: other outcomes`, faults),
      expectAtMost("the same: added memory", addedMegabytes, 100, "MB"),
      expectAtMost("the same: GET /healthz meanwhile, p99", percentile(healthMs, 0.99), 200, "ms"),
    ];
  },
  async drain() {
    const { streams, complete, notReadyMs, exitMs, exitCode } = await runDrain(30);
    return [
      expectExactly("streams that ended with [DONE] after SIGTERM", complete, streams),
      expectAtMost("until /readyz was 503", notReadyMs, 100, "ms"),
      expectExactly("exit code", exitCode, 0),
      expectAtMost("until the process had ended", exitMs, 30_000, "ms"),
    ];
  },
  async overload({ overloadSeconds }) {
    const { statusCounts, beforeMs, afterMs, ...ms } = await runOverload(5, overloadSeconds);
    const others = [...statusCounts].filter(([status]) => !["200", "429", "503"].includes(status));
    const summary = [...statusCounts].map(([status, count]) => `${count} × ${status}`).join(", ");
    const findP99 = (values: readonly number[]): number => percentile(values, 0.99);
    const machine = `p99 (of GET /healthz meanwhile: ${findP99(ms.healthMs).toFixed(0)} ms)`;
    return [
      expectNoFaults(
        `${summary}: other answers`,
        others.map(([status, count]) => `${count} × ${status}`),
      ),
      expectAtMost(`rejections, ${machine}`, findP99(ms.rejectionMs), 100, "ms"),
      expectAtMost("the same in a session that is busy", findP99(ms.sessionRejectionMs), 100, "ms"),
      expectAtMost(
        `slowest answer 2 s later (before: ${beforeMs.toFixed(0)} ms)`,
        afterMs,
        Math.ceil(beforeMs + 200),
        "ms",
      ),
    ];
  },
  async pressure({ overloadSeconds }) {
    const { statusCounts, probeMs, addedMegabytes } = await runPressure(overloadSeconds);
    const others = [...statusCounts].filter(([status]) => !["200", "503"].includes(status));
    const summary = [...statusCounts].map(([status, count]) => `${count} × ${status}`).join(", ");
    return [
      expectNoFaults(
        `400 connections, ${summary}: other answers`,
        others.map(([status, count]) => `${count} × ${status}`),
      ),
      expectAtMost("GET /healthz on a new connection, p99", percentile(probeMs, 0.99), 1_000, "ms"),
      expectAtMost("added resident memory", addedMegabytes, 200, "MB"),
    ];
  },
  async "silent-sockets"({ overloadSeconds }) {
    const { loginMs, failedLogins, lifetimesMs } = await runSilentSockets(2_000, overloadSeconds);
    return [
      expectExactly("logins that failed beside 2 000 silent sockets of their address", failedLogins, 0),
      expectAtMost(`${loginMs.length} logins, the slowest`, Math.max(...loginMs), 500, "ms"),
      expectAtMost(
        `${lifetimesMs.length} silent sockets and half-open requests, the oldest`,
        Math.max(...lifetimesMs) / 1_000,
        11,
        "s",
      ),
    ];
  },
  async "full-disk"() {
    const report = await runFullDisk(5);
    if (report === undefined)
      return [createSkippedMetric("full disk", "no tmpfs can be mounted here (on Linux, as root)")];
    return [
      expectExactly("503 storage_unavailable while the disk was full", report.rejected, 25),
      expectExactly("questions that reached the provider meanwhile", report.providerCalls, 0),
      expectNoFaults("other answers, and what is missing of the history", report.faults),
    ];
  },
  async memory({ warmUp, requests }) {
    const { megabytes, perThousand } = await runMemory(warmUp, 3, requests);
    const summary = megabytes.map((value) => value.toFixed(1)).join(", ");
    return [
      expectAtMost(
        `heap after garbage collections: ${summary} MB; growth per 10 000 requests`,
        perThousand * 10,
        1,
        "MB",
      ),
    ];
  },
  ...clusterScenarios,
};
