/** `diagnostics`: traces for OpenTelemetry. The names of the keys are OpenClaw's where both have them. */
import { z } from "zod";
import { shortText } from "../limits.ts";
import { milliseconds } from "./fields.ts";
import { SecretText } from "./secret.ts";

const url = (): z.ZodString =>
  z
    .string()
    .max(2048)
    .regex(/^https?:\/\/[^\s/]+/i, 'must be an address, for instance "http://localhost:4318"');

const Otel = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        "Exports traces of requests, runs, model calls and tools with OTLP over HTTP. The variables `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` turn it on too, `OTEL_SDK_DISABLED=true` turns it off.",
      ),
    traces: z.boolean().default(true).describe("Exports traces, while `enabled` is true."),
    endpoint: url()
      .default("http://localhost:4318")
      .describe(
        "Address of the collector; traces are sent to `/v1/traces` below it. Default: `OTEL_EXPORTER_OTLP_ENDPOINT`.",
      ),
    tracesEndpoint: url()
      .optional()
      .describe("Full address for traces, used as it is. Default: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`."),
    headers: z
      .record(shortText(), SecretText)
      .default({})
      .describe("Further headers of the exports. Values are secrets. Default: `OTEL_EXPORTER_OTLP_HEADERS`."),
    serviceName: shortText()
      .default("openclaw-gateway")
      .describe("`service.name` of the resource. Default: `OTEL_SERVICE_NAME`."),
    resourceAttributes: z
      .record(shortText(), z.string().max(1024))
      .default({})
      .describe("Further attributes of the resource. Default: `OTEL_RESOURCE_ATTRIBUTES`."),
    sampler: z
      .enum([
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
      ])
      .default("parentbased_traceidratio")
      .describe(
        "Which traces are exported, by OpenTelemetry's names. `parentbased_…` does what the `traceparent` of a request says, and otherwise the rest of its name. Default: `OTEL_TRACES_SAMPLER`.",
      ),
    sampleRate: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("Share of the traces that a `…traceidratio` exports. Default: `OTEL_TRACES_SAMPLER_ARG`."),
    captureContent: z
      .boolean()
      .default(false)
      .describe(
        "Adds messages, instructions, and arguments and results of tools to the spans. They contain what people write.",
      ),
    flushIntervalMs: milliseconds()
      .default(5_000)
      .describe("Longest time that a span waits for its export. Default: `OTEL_BSP_SCHEDULE_DELAY`."),
    propagateToProviders: z
      .boolean()
      .default(false)
      .describe(
        "Sends `traceparent` and `tracestate` to model providers. MCP servers get them in `_meta` in any case.",
      ),
  })
  .prefault({})
  .describe("OpenTelemetry.");

export const Diagnostics = z
  .strictObject({ otel: Otel })
  .prefault({})
  .describe("Traces for OpenTelemetry. Metrics are at `GET /metrics`.");
