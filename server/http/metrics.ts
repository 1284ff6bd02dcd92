/** GET /metrics. */
import type { getMetrics } from "../../contracts/http/metrics.ts";
import type { Handler } from "./handler.ts";

/** Returns the metrics in one of the two formats. Undefined when none are recorded: the endpoint is not served then. */
type RenderMetrics = (format: "prometheus" | "openmetrics") => Promise<string> | undefined;

const headers = { "cache-control": "no-store", vary: "Accept" } as const;

export function createMetricsHandler(render: RenderMetrics): Handler<typeof getMetrics> {
  return async ({ requestHeaders: { accept = "" } }) => {
    const isOpenMetrics = accept.includes("application/openmetrics-text");
    const text = await render(isOpenMetrics ? "openmetrics" : "prometheus");
    if (text === undefined) throw new Error("no metrics are recorded");
    const contentType = isOpenMetrics
      ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
      : "text/plain; version=0.0.4; charset=utf-8";
    return { text, contentType, headers };
  };
}
