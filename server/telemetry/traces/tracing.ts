/** Traces of requests, runs, model calls and tools for OpenTelemetry. Nothing of it exists while traces are off. */
import type { Config } from "../../../contracts/config/config.ts";
import { reveal } from "../../../contracts/config/secret.ts";
import type { ObserveRun } from "../../agent/run-observer.ts";
import { isSameConfig } from "../../lib/compare-config.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import {
  createRootContext,
  createChildContext,
  readTraceHeaders,
  type StartServerSpan,
  type TraceContext,
} from "../../lib/trace-context.ts";
import { createRunSpans, createToolSpan } from "./run-spans.ts";
import { createSampler } from "./sampler.ts";
import { createSpanExporter, type ExportOutcome, type SpanExporter } from "./exporter.ts";

interface TracingDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

type OtelSettings = Config["diagnostics"]["otel"];

export interface TraceObservers {
  readonly startServerSpan: StartServerSpan;
  readonly observeRun: ObserveRun;
  recordToolInvocation(call: ToolInvocationSpan): void;
}

interface ToolInvocationSpan {
  readonly tool: string | undefined;
  readonly code: string | undefined;
  readonly durationMs: number;
  readonly trace: TraceContext | undefined;
}

export interface Tracing {
  /** Returns undefined while traces are off. Observers of the same settings share one exporter. */
  createObservers(settings: OtelSettings): TraceObservers | undefined;
  /** Spans by what became of them, since the start. */
  count(): Readonly<Record<ExportOutcome, number>>;
  /** Sends what waits. */
  close(): Promise<void>;
}

/** Time for the last export. A collector that does not answer must not delay a stop. */
const maxCloseMs = 2_000;

export function createTracing(deps: TracingDeps): Tracing {
  const exporters: SpanExporter[] = [];
  let latest: { readonly settings: OtelSettings; readonly observers: TraceObservers } | undefined;
  return {
    createObservers(settings) {
      if (!settings.enabled || !settings.traces) return (latest = undefined);
      if (latest !== undefined && isSameConfig(latest.settings, settings)) return latest.observers;
      const exporter = createExporter(settings, deps);
      exporters.push(exporter);
      const observers = createTraceObservers(settings, exporter, deps.clock);
      latest = { settings, observers };
      return observers;
    },
    count: () => {
      const sum = (outcome: ExportOutcome): number =>
        exporters.reduce((total, { counts }) => total + counts[outcome], 0);
      return { exported: sum("exported"), failed: sum("failed"), rejected: sum("rejected") };
    },
    async close() {
      await Promise.all(exporters.map((exporter) => exporter.flush(maxCloseMs)));
    },
  };
}

function createExporter(settings: OtelSettings, { version, log }: TracingDeps): SpanExporter {
  const { endpoint, tracesEndpoint, headers, serviceName, resourceAttributes, flushIntervalMs } = settings;
  return createSpanExporter({
    url: tracesEndpoint ?? `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, reveal(value)])),
    resource: {
      ...resourceAttributes,
      "service.name": serviceName,
      "service.version": version,
      "process.pid": process.pid,
    },
    version,
    flushIntervalMs,
    log,
  });
}

function createTraceObservers(settings: OtelSettings, { add }: SpanExporter, clock: Clock): TraceObservers {
  const sample = createSampler(settings);
  const { captureContent: capturesContent, propagateToProviders: isForProviders } = settings;
  return {
    startServerSpan(headers) {
      const parent = readTraceHeaders(headers);
      const startedAt = clock();
      const context =
        parent === undefined
          ? createRootContext({ isForProviders, isSampled: (traceId) => sample(traceId, undefined) })
          : createChildContext({
              ...parent,
              isForProviders,
              isSampled: sample(parent.traceId, parent.isSampled),
            });
      return {
        context,
        end({ name, attributes, errorType }) {
          if (context.isSampled)
            add({ context, name, kind: "server", startedAt, endedAt: clock(), attributes, errorType });
        },
      };
    },
    observeRun: createRunSpans({ exportSpan: add, capturesContent }),
    recordToolInvocation({ tool, code, durationMs, trace }) {
      if (trace?.isSampled !== true) return;
      const endedAt = clock();
      add(createToolSpan({ tool, startedAt: endedAt - durationMs, endedAt, errorType: code }, trace));
    },
  };
}
