/** Composes what observes the gateway: one file for each consumer. Nothing that is observed knows them. */
import type { Config } from "../../contracts/config/config.ts";
import type { ObserveRun } from "../agent/run-observer.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type { AuditStore } from "../lib/audit-store.ts";
import type { UsageStore } from "../lib/usage-store.ts";
import { createAuditLog, type AuditLog } from "./audit-log.ts";
import { createMetrics, type Collector, type Metrics } from "./metrics.ts";
import { createRunLog } from "./run-log.ts";
import { createUsageRecorder } from "./usage-recorder.ts";
import { createUsageReports, type UsageReports } from "./usage-report.ts";

export interface Telemetry {
  /** Returns what observes under this configuration. */
  createObservers(config: Config): Observers;
  readonly recordCommit: Metrics["recordCommit"];
  recordCall(
    call: Parameters<Metrics["recordCall"]>[0] & { readonly operation?: Operation | undefined },
  ): void;
  readonly recordCredentialFailure: Metrics["recordCredentialFailure"];
  /** Adds a function that sets gauges when the metrics are read. */
  addCollector(collector: Collector): void;
  /** Undefined until a configuration enables metrics. */
  renderMetrics(format: Parameters<Metrics["render"]>[0]): Promise<string> | undefined;
  readonly usage: UsageReports;
  readonly audit: AuditLog;
  /** Resolves when everything that waits is stored. */
  close(): Promise<void>;
}

interface Observers {
  readonly runs: readonly ObserveRun[];
  recordRequest(
    request: Parameters<Metrics["recordRequest"]>[0] & { readonly operation?: Operation | undefined },
  ): void;
  recordToolInvocation(
    call: Parameters<Metrics["recordToolInvocation"]>[0] & {
      readonly invocation: {
        readonly credential: string;
        readonly agent: { readonly id: string };
        readonly requestId: string;
      };
    },
  ): void;
}

/** A request or call that a credential has made. */
interface Operation {
  readonly name: string;
  readonly permission: string;
  readonly actor: string | undefined;
  readonly address?: string | undefined;
  readonly target: string | undefined;
  readonly requestId: string;
  /** The error code. */
  readonly code?: string | undefined;
  readonly isOk: boolean;
}

interface TelemetryDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: { readonly usage: UsageStore; readonly audit: AuditStore };
}

const auditedPermissions: ReadonlySet<string> = new Set(["write", "admin"]);

export function createTelemetry({ version, clock, log, store }: TelemetryDeps): Telemetry {
  const usageRecorder = createUsageRecorder(store.usage, log);
  const auditLog = createAuditLog(store.audit, { clock, log });
  let isAuditing = false;
  const recordAudit: AuditLog["record"] = (event) => {
    if (isAuditing) auditLog.record(event);
  };
  const collectors: Collector[] = [
    (registry) => registry.set("openclaw_usage_rows_dropped_total", [], usageRecorder.droppedCount),
  ];
  const runLog = createRunLog(log);
  /** Recorded from the first configuration on that enables them. */
  let metrics: Metrics | undefined;

  /** Operations that administer or change something are audited. Runs and tools have entries of their own. */
  const recordOperation = ({ operation }: { readonly operation?: Operation | undefined }): void => {
    if (operation === undefined || !auditedPermissions.has(operation.permission)) return;
    const { name: action, actor, address, target, requestId, code, isOk } = operation;
    recordAudit({ action, actor, address, target, requestId, outcome: isOk ? "ok" : "error", code });
  };

  return {
    createObservers({ gateway, usage, audit }) {
      isAuditing = audit.enabled;
      if (gateway.http.metrics.enabled) metrics ??= createMetrics({ version, clock, collectors });
      const enabled = gateway.http.metrics.enabled ? metrics : undefined;
      return {
        runs: [
          runLog,
          ...(enabled === undefined ? [] : [enabled.observeRun]),
          ...(usage.enabled ? [usageRecorder.observeRun] : []),
          ...(audit.enabled ? [auditLog.observeRun] : []),
        ],
        recordRequest(request) {
          enabled?.recordRequest(request);
          recordOperation(request);
        },
        recordToolInvocation({ invocation, tool, code, durationMs }) {
          enabled?.recordToolInvocation({ tool, code, durationMs });
          recordAudit({
            action: code === "tool_denied" ? "tool.denied" : "tool.run",
            actor: invocation.credential,
            target: tool ?? "unknown",
            agentId: invocation.agent.id,
            requestId: invocation.requestId,
            outcome: code === undefined ? "ok" : code === "tool_denied" ? "denied" : "error",
            code,
          });
        },
      };
    },
    recordCommit: (commit) => metrics?.recordCommit(commit),
    recordCall(call) {
      metrics?.recordCall(call);
      recordOperation(call);
    },
    recordCredentialFailure: (isLockedOut) => metrics?.recordCredentialFailure(isLockedOut),
    audit: { ...auditLog, record: recordAudit },
    addCollector: (collector) => void collectors.push(collector),
    renderMetrics: (format) => metrics?.render(format),
    usage: createUsageReports(store.usage, usageRecorder.flush),
    async close() {
      metrics?.close();
      await usageRecorder.flush();
      await auditLog.flush();
    },
  };
}
