/** Composes what observes the gateway: one file for each consumer. Nothing that is observed knows them. */
import type { Config } from "../../contracts/config/config.ts";
import type { ObserveRun } from "../agent/run-observer.ts";
import type { Clock, Log } from "../lib/ports.ts";
import { createMetrics, type Collector, type Metrics } from "./metrics.ts";
import { createRunLog } from "./run-log.ts";

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
  close(): void;
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
}

export function createTelemetry({ version, clock, log }: TelemetryDeps): Telemetry {
  const collectors: Collector[] = [];
  const runLog = createRunLog(log);
  /** Recorded from the first configuration on that enables them. */
  let metrics: Metrics | undefined;

  return {
    createObservers({ gateway }) {
      if (gateway.http.metrics.enabled) metrics ??= createMetrics({ version, clock, collectors });
      const enabled = gateway.http.metrics.enabled ? metrics : undefined;
      return {
        runs: [runLog, ...(enabled === undefined ? [] : [enabled.observeRun])],
        recordRequest: enabled?.recordRequest,
        recordToolInvocation: enabled?.recordToolInvocation,
      };
    },
    recordCommit: (commit) => metrics?.recordCommit(commit),
    recordCall: (call) => metrics?.recordCall(call),
    recordCredentialFailure: (isLockedOut) => metrics?.recordCredentialFailure(isLockedOut),
    addCollector: (collector) => void collectors.push(collector),
    renderMetrics: (format) => metrics?.render(format),
    close: () => metrics?.close(),
  };
}
