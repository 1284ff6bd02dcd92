/** The scenarios of several nodes, with the limits that each metric has to meet. `npm run soak -- cluster` runs all of them. */
import { median, percentile } from "../../bench/statistics.ts";
import { createSkippedMetric, expectAtMost, expectExactly, expectNoFaults, type Metric } from "../metric.ts";
import { findMissing } from "./cluster.ts";
import { runCopyKills } from "./copy-kills.ts";
import { runSharedBudget, runSharedKeys, runSharedOrder } from "./exactness.ts";
import { runDatabaseRestarts, runFailover, runNodeKills, runPauses } from "./faults.ts";
import { runPartitions } from "./partition.ts";
import { runRollingRestart } from "./rolling-restart.ts";
import { runNotifications, runSpeed } from "./speed.ts";
import type { TakenOverReport, TalkReport } from "./talkers.ts";

/** How much each scenario does. */
export interface ClusterEffort {
  readonly nodeKills: number;
  readonly databaseRestarts: number;
  /** Kills of `openclaw store copy`. */
  readonly copyKills: number;
  /** Pauses of a node, and cuts of its network. */
  readonly absences: number;
  readonly sharedKeys: number;
  readonly sharedTurns: number;
  readonly streams: number;
  readonly notifications: number;
  readonly speedRounds: number;
}

export const fullClusterEffort: ClusterEffort = {
  nodeKills: 300,
  databaseRestarts: 30,
  copyKills: 200,
  absences: 5,
  sharedKeys: 1_000,
  sharedTurns: 10_000,
  streams: 200,
  notifications: 1_000,
  speedRounds: 5,
};
export const quickClusterEffort: ClusterEffort = {
  nodeKills: 10,
  databaseRestarts: 5,
  copyKills: 20,
  absences: 1,
  sharedKeys: 100,
  sharedTurns: 1_000,
  streams: 50,
  notifications: 100,
  speedRounds: 1,
};

type ClusterScenario = (
  effort: ClusterEffort,
  reportProgress: (progress: string) => void,
) => Promise<readonly Metric[]>;

const describeTalk = ({ acknowledged, unacknowledged, reads }: TalkReport): string =>
  `${acknowledged} turns acknowledged, ${unacknowledged} not, ${reads} reads`;

const expectLinearizable = (report: TalkReport): Metric =>
  expectNoFaults(`${describeTalk(report)}: lost, doubled, out of order, stale`, report.faults);

const expectTakenOver = (report: TakenOverReport): readonly Metric[] => [
  expectNoFaults(
    `late writes that were not rejected, of ${report.lateAnswers.join(", ")}`,
    report.lateAnswers.filter((answer) => answer.startsWith("200")),
  ),
  expectExactly(
    "entries that say `interrupted`, for as many runs",
    report.interruptions,
    report.lateAnswers.length,
  ),
  expectLinearizable(report),
];

const measures: Readonly<Record<string, ClusterScenario>> = {
  async "cluster-kills"({ nodeKills }, reportProgress) {
    return [expectLinearizable(await runNodeKills(nodeKills, reportProgress))];
  },
  async "cluster-database"({ databaseRestarts }, reportProgress) {
    const report = await runDatabaseRestarts(databaseRestarts, reportProgress);
    const others = [...report.answers].filter(([answer]) => answer !== "503 storage_unavailable");
    return [
      expectLinearizable(report),
      expectNoFaults(
        "other answers than 503 storage_unavailable while the database is away",
        others.map(String),
      ),
      expectExactly("questions that reached the provider meanwhile", report.providerCalls, 0),
      expectAtMost("slowest recovery of all nodes", Math.max(...report.recoveryMs) / 1_000, 5, "s"),
    ];
  },
  "cluster-pause": async ({ absences }) => expectTakenOver(await runPauses(absences)),
  async "cluster-partition"({ absences }) {
    const report = await runPartitions(absences);
    if (typeof report === "string") return [createSkippedMetric("a network that is cut", report)];
    return [
      ...expectTakenOver(report),
      expectAtMost("until the node was unready", Math.max(...report.unreadyMs) / 1_000, 5, "s"),
    ];
  },
  async "cluster-failover"() {
    const report = await runFailover();
    return [
      expectLinearizable(report),
      expectAtMost("from the promotion until every node stored a turn", report.recoveryMs / 1_000, 5, "s"),
    ];
  },
  async "cluster-idempotency"({ sharedKeys }) {
    const { executions, faults } = await runSharedKeys(sharedKeys);
    return [
      expectExactly("executions, of requests sent to three nodes at once", executions, sharedKeys),
      expectNoFaults("answers that differ", faults),
    ];
  },
  async "cluster-budget"() {
    const { statuses, room, calls } = await runSharedBudget(50);
    const summary = [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ");
    return [expectAtMost(`50 at the last of ${room} calls, ${summary}: calls that ran`, calls, room + 1, "")];
  },
  async "cluster-order"({ sharedTurns }) {
    const { rejections, faults } = await runSharedOrder(sharedTurns);
    const summary = `${sharedTurns} turns of 50 sessions over 3 nodes, ${rejections} rejected`;
    return [expectNoFaults(`${summary}: violations`, faults)];
  },
  async "cluster-copy"({ copyKills }, reportProgress) {
    const { kills, copies, rows, faults } = await runCopyKills(copyKills, reportProgress);
    return [
      expectNoFaults(
        `${kills} kills of store copy, ${copies} copies of ${rows} rows, both ways: differences`,
        faults,
      ),
    ];
  },
  async "cluster-rolling-restart"({ streams }) {
    const report = await runRollingRestart(streams, 1);
    return [
      expectNoFaults(
        `${report.restarts} restarts under ${streams} streams, ${report.streams} in all: failed`,
        report.faults,
      ),
    ];
  },
  async "cluster-notify"({ notifications }) {
    const ms = await runNotifications(notifications);
    return [
      expectAtMost(
        `${ms.length} events of another node, p50 ${percentile(ms, 0.5).toFixed(1)} ms, p99`,
        percentile(ms, 0.99),
        50,
        "ms",
      ),
    ];
  },
  async "cluster-speed"({ speedRounds }) {
    const { sqlite, postgres, oneNode, threeNodes } = await runSpeed(speedRounds, 8);
    const speed = (loads: typeof sqlite): number => median(loads.map(({ turnsPerSecond }) => turnsPerSecond));
    const cpu = (loads: typeof sqlite): number => median(loads.map(({ cpuMicroseconds }) => cpuMicroseconds));
    const summary = `${speed(postgres).toFixed(0)} turns/s, ${cpu(postgres).toFixed(0)} µs; SQLite ${speed(sqlite).toFixed(0)}, ${cpu(sqlite).toFixed(0)} µs`;
    return [
      expectAtMost(
        `PostgreSQL, 32 callers, ${summary}: SQLite's speed by PostgreSQL's`,
        speed(sqlite) / speed(postgres),
        1 / 0.6,
        "",
      ),
      expectAtMost(
        `CPU of a turn of three nodes (${cpu(threeNodes).toFixed(0)} µs) by one's with the same load for each node (${cpu(oneNode).toFixed(0)} µs)`,
        cpu(threeNodes) / cpu(oneNode),
        1.1,
        "",
      ),
    ];
  },
};

/** They skip, and say why, where PostgreSQL or HAProxy is missing. */
export const clusterScenarios: typeof measures = Object.fromEntries(
  Object.entries(measures).map(([name, measure]) => [
    name,
    async (...args) => {
      const reason = findMissing();
      return reason === undefined ? measure(...args) : [createSkippedMetric("several nodes", reason)];
    },
  ]),
);
