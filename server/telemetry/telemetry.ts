/** Composes what observes the gateway: one file for each consumer. Nothing that is observed knows them. */
import type { Config } from "../../contracts/config/config.ts";
import type { ObserveRun } from "../agent/run-observer.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type { UsageStore } from "../lib/usage-store.ts";
import { createMetrics, type Collector, type Metrics } from "./metrics.ts";
import { createRunLog } from "./run-log.ts";
import { createUsageRecorder } from "./usage-recorder.ts";
import { createUsageReports, type UsageReports } from "./usage-report.ts";

export interface Telemetry {
  /** Returns what observes under this configuration. */
  createObservers(config: Config): Observers;
  readonly recordCommit: Metrics["recordCommit"];
  readonly recordCall: Metrics["recordCall"];
  readonly recordCredentialFailure: Metrics["recordCredentialFailure"];
  /** Adds a function that sets gauges when the metrics are read. */
  addCollector(collector: Collector): void;
  /** Undefined until a configuration enables metrics. */
  renderMetrics(format: Parameters<Metrics["render"]>[0]): Promise<string> | undefined;
  readonly usage: UsageReports;
  /** Resolves when everything that waits is stored. */
  close(): Promise<void>;
}

interface Observers {
  readonly runs: readonly ObserveRun[];
  readonly recordRequest: Metrics["recordRequest"] | undefined;
  readonly recordToolInvocation: Metrics["recordToolInvocation"] | undefined;
}

interface TelemetryDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly usageStore: UsageStore;
}

export function createTelemetry({ version, clock, log, usageStore }: TelemetryDeps): Telemetry {
  const usageRecorder = createUsageRecorder(usageStore, log);
  const collectors: Collector[] = [
    (registry) => registry.set("openclaw_usage_rows_dropped_total", [], usageRecorder.droppedCount),
  ];
  const runLog = createRunLog(log);
  /** Recorded from the first configuration on that enables them. */
  let metrics: Metrics | undefined;

  return {
    createObservers({ gateway, usage }) {
      if (gateway.http.metrics.enabled) metrics ??= createMetrics({ version, clock, collectors });
      const enabled = gateway.http.metrics.enabled ? metrics : undefined;
      return {
        runs: [
          runLog,
          ...(enabled === undefined ? [] : [enabled.observeRun]),
          ...(usage.enabled ? [usageRecorder.observeRun] : []),
        ],
        recordRequest: enabled?.recordRequest,
        recordToolInvocation: enabled?.recordToolInvocation,
      };
    },
    recordCommit: (commit) => metrics?.recordCommit(commit),
    recordCall: (call) => metrics?.recordCall(call),
    recordCredentialFailure: (isLockedOut) => metrics?.recordCredentialFailure(isLockedOut),
    addCollector: (collector) => void collectors.push(collector),
    renderMetrics: (format) => metrics?.render(format),
    usage: createUsageReports(usageStore, usageRecorder.flush),
    async close() {
      metrics?.close();
      await usageRecorder.flush();
    },
  };
}
