/** Records the metrics of the gateway, and renders them for a scrape. */
import type { ObserveRun } from "../agent/run-observer.ts";
import { memoize } from "../lib/memoize.ts";
import type { MetricFamily } from "../lib/metric-family.ts";
import type { Clock } from "../lib/ports.ts";
import { measureProcess } from "./process-metrics.ts";
import { createRegistry, type Registry } from "./registry.ts";
import { createRunMetrics } from "./run-metrics.ts";

export interface Metrics {
  readonly observeRun: ObserveRun;
  recordRequest(request: {
    /** Undefined for a path that does not exist. */
    readonly route: string | undefined;
    readonly method: string | undefined;
    /** Undefined when the caller left before the response. */
    readonly status: number | undefined;
    readonly durationMs: number;
  }): void;
  recordCall(call: { readonly method: string; readonly outcome: string; readonly durationMs: number }): void;
  recordToolInvocation(call: {
    readonly tool: string | undefined;
    /** The error code of a failure. */
    readonly code: string | undefined;
    readonly durationMs: number;
  }): void;
  recordCredentialFailure(isLockedOut: boolean): void;
  recordWebhookAttempt(outcome: string): void;
  recordCommit(commit: { readonly operations: number; readonly durationMs: number }): void;
  /** Resolves to the metrics of this process. */
  collect(): Promise<readonly MetricFamily[]>;
  close(): void;
}

export type Collector = (registry: Registry) => void | Promise<void>;

const httpMethods: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** By the first digit of the status. */
const statusClasses = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

interface MetricsDeps {
  readonly version: string;
  readonly node: { readonly id: string; readonly name: string };
  readonly clock: Clock;
  /** Set gauges when the metrics are read. One that rejects changes nothing else. */
  readonly collectors: readonly Collector[];
}

export function createMetrics({ version, node, clock, collectors }: MetricsDeps): Metrics {
  const registry = createRegistry();
  const processMetrics = measureProcess(registry);
  registry.set("openclaw_gateway_build_info", [version, process.version], 1);
  registry.set("openclaw_gateway_node_info", [node.name, node.id], 1);
  registry.set("openclaw_gateway_workers", [], 1);
  registry.set("openclaw_gateway_start_time_seconds", [], clock() / 1_000);

  const getRoute = memoize((route) =>
    memoize((method) => ({
      getCounter: memoize((statusClass) =>
        registry.createCounter("openclaw_http_requests_total", [route, method, statusClass]),
      ),
      addSeconds: registry.createHistogram("openclaw_http_request_duration_seconds", [route, method]),
    })),
  );

  return {
    observeRun: createRunMetrics(registry),
    recordRequest({ route = "unmatched", method = "", status, durationMs }) {
      const series = getRoute(route)(httpMethods.has(method) ? method : "other");
      series.getCounter(statusClasses[Math.floor((status ?? 0) / 100)] ?? "none")(1);
      series.addSeconds(durationMs / 1_000);
    },
    recordCall({ method, outcome, durationMs }) {
      registry.increment("openclaw_gateway_rpc_requests_total", [method, outcome]);
      registry.observe("openclaw_gateway_rpc_handler_seconds", [method], durationMs / 1_000);
    },
    recordToolInvocation({ tool = "unknown", code, durationMs }) {
      if (code === "tool_denied") {
        registry.increment("openclaw_tool_execution_blocked_total", [tool, "policy"]);
        return;
      }
      const outcome = code === undefined ? "ok" : code === "tool_error" ? "error" : "rejected";
      registry.increment("openclaw_tool_execution_total", [tool, outcome]);
      registry.observe("openclaw_tool_execution_duration_seconds", [tool, outcome], durationMs / 1_000);
    },
    recordCredentialFailure: (isLockedOut) =>
      registry.increment("openclaw_credential_failures_total", [String(isLockedOut)]),
    recordWebhookAttempt: (outcome) => registry.increment("openclaw_webhook_attempts_total", [outcome]),
    recordCommit({ operations, durationMs }) {
      registry.observe("openclaw_store_commit_seconds", [], durationMs / 1_000);
      registry.observe("openclaw_store_commit_operations", [], operations);
    },
    async collect() {
      processMetrics.collect();
      await Promise.allSettled(collectors.map(async (collect) => collect(registry)));
      return registry.list();
    },
    close: processMetrics.close,
  };
}
