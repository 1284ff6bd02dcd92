/** GET /metrics: the metrics of the gateway for Prometheus. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { longText } from "../limits.ts";

export const getMetrics = endpoint({
  id: "getMetrics",
  method: "get",
  path: "/metrics",
  // The path at which OpenClaw's plugin serves its metrics.
  aliases: ["/api/diagnostics/prometheus"],
  tag: "Operation",
  summary: "Read the metrics",
  description:
    "The metrics in Prometheus' text format 0.0.4, or in OpenMetrics 1.0 when `Accept` prefers `application/openmetrics-text`. `docs/metrics.md` lists them. No label has a session, a user, a path or a host.",
  auth: "metrics",
  enabledBy: ["gateway.http.metrics.enabled"],
  responses: {
    200: {
      description: "The metrics.",
      type: "text/plain",
      alternatives: ["application/openmetrics-text"],
      body: longText().meta({
        description: "The metrics as text.",
        examples: [
          [
            "# HELP openclaw_runs_active Runs that have not ended, waiting ones included.",
            "# TYPE openclaw_runs_active gauge",
            "openclaw_runs_active 3",
            "",
          ].join("\n"),
        ],
      }),
    },
  },
  replyHeaders: z.object({
    "cache-control": z.literal("no-store").describe("Always `no-store`."),
    vary: z.literal("Accept").describe("Always `Accept`."),
  }),
  errors: [],
});
