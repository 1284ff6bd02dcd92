/** Composes what observes the gateway: one file for each consumer. Nothing that is observed knows them. */
import type { Config } from "../../contracts/config/config.ts";
import type { ObserveRun } from "../agent/run-observer.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type { AuditStore } from "../lib/audit-store.ts";
import type { UsageStore } from "../lib/usage-store.ts";
import type { Workers } from "../lib/workers.ts";
import { createAuditLog, type AuditLog } from "./audit-log.ts";
import { formatMetrics, type ExpositionFormat } from "./exposition.ts";
import { mergeFamilies } from "./merge-families.ts";
import { createMetrics, type Collector, type Metrics } from "./metrics.ts";
import { createRunLog } from "./run-log.ts";
import type { StartServerSpan, TraceContext } from "../lib/trace-context.ts";
import { createTracing } from "./traces/tracing.ts";
import { createUsageRecorder } from "./usage-recorder.ts";
import { createUsageReports, type UsageReports } from "./usage-report.ts";

export interface Telemetry {
  /** Returns what observes under this configuration. */
  createObservers(config: Config): Observers;
  /** By the newest configuration. */
  readonly startServerSpan: StartServerSpan;
  readonly recordCommit: Metrics["recordCommit"];
  recordCall(
    call: Parameters<Metrics["recordCall"]>[0] & { readonly operation?: Operation | undefined },
  ): void;
  readonly recordCredentialFailure: Metrics["recordCredentialFailure"];
  /** Counts an attempt to deliver an event, and audits the end of one that was not delivered. */
  recordWebhookAttempt(outcome: "delivered" | "failed" | "gone" | "given_up", receiver: string): void;
  /** Audits a session that was deleted because of its age. */
  recordExpiredSession(key: string): void;
  /** Adds a function that sets gauges when the metrics are read. */
  addCollector(collector: Collector): void;
  /** Renders those of all workers. Undefined until a configuration enables metrics. */
  renderMetrics(format: ExpositionFormat): Promise<string> | undefined;
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
      readonly trace: TraceContext | undefined;
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
  readonly workers: Workers;
  readonly store: {
    readonly usage: UsageStore;
    readonly audit: AuditStore;
    readonly nodes: { readonly self: { readonly id: string; readonly name: string } };
  };
}

const auditedPermissions: ReadonlySet<string> = new Set(["write", "admin"]);

export function createTelemetry({ version, clock, log, workers, store }: TelemetryDeps): Telemetry {
  const usageRecorder = createUsageRecorder(store.usage, log);
  const auditLog = createAuditLog(store.audit, { clock, log });
  let isAuditing = false;
  const recordAudit: AuditLog["record"] = (event) => {
    if (isAuditing) auditLog.record(event);
  };
  const tracing = createTracing({ version, clock, log });
  const collectors: Collector[] = [
    (registry) => registry.set("openclaw_usage_rows_dropped_total", [], usageRecorder.droppedCount),
    (registry) => {
      for (const [status, count] of Object.entries(tracing.count()))
        if (count > 0) registry.set("openclaw_telemetry_exporter_total", ["otlp", "traces", status], count);
    },
  ];
  const runLog = createRunLog(log);
  let startServerSpan: StartServerSpan | undefined;
  /** Recorded from the first configuration on that enables them. */
  let metrics: Metrics | undefined;

  workers.handle("metrics", () => metrics?.collect() ?? []);

  /** Operations that administer or change something are audited. Runs and tools have entries of their own. */
  const recordOperation = ({ operation }: { readonly operation?: Operation | undefined }): void => {
    if (operation === undefined || !auditedPermissions.has(operation.permission)) return;
    const { name: action, actor, address, target, requestId, code, isOk } = operation;
    recordAudit({ action, actor, address, target, requestId, outcome: isOk ? "ok" : "error", code });
  };

  return {
    createObservers({ gateway, usage, audit, diagnostics }) {
      isAuditing = audit.enabled;
      if (gateway.http.metrics.enabled)
        metrics ??= createMetrics({ version, node: store.nodes.self, clock, collectors });
      const enabled = gateway.http.metrics.enabled ? metrics : undefined;
      const traces = tracing.createObservers(diagnostics.otel);
      startServerSpan = traces?.startServerSpan;
      return {
        runs: [
          runLog,
          ...(enabled === undefined ? [] : [enabled.observeRun]),
          ...(usage.enabled ? [usageRecorder.observeRun] : []),
          ...(audit.enabled ? [auditLog.observeRun] : []),
          ...(traces === undefined ? [] : [traces.observeRun]),
        ],
        recordRequest(request) {
          enabled?.recordRequest(request);
          recordOperation(request);
        },
        recordToolInvocation({ invocation, tool, code, durationMs, trace }) {
          enabled?.recordToolInvocation({ tool, code, durationMs });
          traces?.recordToolInvocation({ tool, code, durationMs, trace });
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
    startServerSpan: (parent) => startServerSpan?.(parent),
    recordCommit: (commit) => metrics?.recordCommit(commit),
    recordCall(call) {
      metrics?.recordCall(call);
      recordOperation(call);
    },
    recordWebhookAttempt(outcome, receiver) {
      metrics?.recordWebhookAttempt(outcome);
      if (outcome === "gone" || outcome === "given_up")
        recordAudit({ action: `webhook.${outcome}`, target: receiver, outcome: "error" });
    },
    recordExpiredSession: (key) => recordAudit({ action: "session.expired", target: key, outcome: "ok" }),
    recordCredentialFailure: (isLockedOut) => metrics?.recordCredentialFailure(isLockedOut),
    audit: { ...auditLog, record: recordAudit },
    addCollector: (collector) => void collectors.push(collector),
    renderMetrics: (format) =>
      metrics &&
      workers.collect("metrics").then((families) => formatMetrics(mergeFamilies(families), format)),
    usage: createUsageReports(store.usage, usageRecorder.flush),
    async close() {
      metrics?.close();
      await usageRecorder.flush();
      await auditLog.flush();
      await tracing.close();
    },
  };
}
