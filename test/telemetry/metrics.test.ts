import { expect, test } from "vitest";
import { metrics, maxSeriesPerMetric } from "../../contracts/metrics.ts";
import { calls, ends, fails, nextCall, says } from "../../contracts/examples/script.ts";
import { formatMetrics } from "../../server/telemetry/exposition.ts";
import { createRegistry } from "../../server/telemetry/registry.ts";
import { createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { createModelSequence, splitScript } from "../support/providers/scripted-model.ts";
import { parseOpenMetrics, sumSamples, type ParsedFamily } from "../support/telemetry/parse-metrics.ts";

const config = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true } }, metrics: { enabled: true } } },
  tools: { profile: "full" },
} as const;

const scrape = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}`, ...headers } });

async function readMetrics(url: string): Promise<ReadonlyMap<string, ParsedFamily>> {
  const response = await scrape(url, { accept: "application/openmetrics-text; version=1.0.0" });
  expect(response.headers.get("content-type")).toBe(
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  return parseOpenMetrics(await response.text());
}

test("a scrape has the runs, model calls, tokens, tools and requests that there were", async () => {
  const script = [
    calls("call_1", "sessions_list", "{}"),
    ends({ input: 10, output: 4 }),
    nextCall,
    says("Hello"),
    ends({ input: 20, output: 5, cached: 8, reasoning: 2 }),
    nextCall,
    fails("upstream_auth", "no"),
  ];
  const { model } = createModelSequence(...splitScript(script));
  const { url } = await startTestGateway({ config, model });
  expect((await postChat(url, createChatBody("hi"))).status).toBe(200);
  expect((await postChat(url, createChatBody("hi"))).status).toBe(502);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { headers: { authorization: "Bearer wrong" } })).status).toBe(401);

  const families = await readMetrics(url);
  const sum = (name: string, labels?: Readonly<Record<string, string>>): number =>
    sumSamples(families, name, labels);
  const main = { agent: "main", provider: "builtin", model: "assistant" };
  expect(sum("openclaw_run_completed_total", { ...main, outcome: "completed" })).toBe(1);
  expect(sum("openclaw_run_completed_total", { ...main, outcome: "upstream_auth" })).toBe(1);
  expect(sum("openclaw_model_call_total", { ...main, outcome: "ok", error_category: "" })).toBe(2);
  expect(sum("openclaw_model_call_total", { outcome: "error", error_category: "upstream_auth" })).toBe(1);
  expect(sum("openclaw_model_call_duration_seconds_count")).toBe(3);
  expect(sum("openclaw_model_call_time_to_first_token_seconds_count")).toBe(2);
  const tokens = Object.fromEntries(
    ["input", "cache_read", "output", "reasoning"].map((token_type) => [
      token_type,
      sum("openclaw_model_tokens_total", { ...main, token_type }),
    ]),
  );
  expect(tokens).toEqual({ input: 22, cache_read: 8, output: 7, reasoning: 2 });
  expect(sum("openclaw_gen_ai_client_token_usage_sum", { token_type: "input" })).toBe(30);
  expect(sum("openclaw_tool_execution_total", { tool: "sessions_list", outcome: "ok" })).toBe(1);
  expect(sum("openclaw_http_requests_total", { route: "/v1/chat/completions", status_class: "2xx" })).toBe(1);
  expect(sum("openclaw_http_requests_total", { route: "/v1/chat/completions", status_class: "5xx" })).toBe(1);
  expect(sum("openclaw_http_requests_total", { route: "unmatched", status_class: "4xx" })).toBe(1);
  expect(sum("openclaw_credential_failures_total", { locked_out: "false" })).toBe(1);
  expect(sum("openclaw_runs_active")).toBe(0);
  expect(sum("openclaw_store_bytes", { file: "database" })).toBeGreaterThan(0);
  expect(sum("openclaw_store_commit_operations_count")).toBeGreaterThan(0);
  expect(sum("openclaw_memory_bytes", { kind: "heap_used" })).toBeGreaterThan(1_000_000);
});

test("without OpenMetrics in Accept the format is Prometheus' own, and HEAD has no body", async () => {
  const { url } = await startTestGateway({ config });
  const response = await scrape(url);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  expect(text).toContain("# TYPE openclaw_process_cpu_seconds_total counter");
  expect(text).not.toContain("# EOF");
  const head = await fetch(`${url}/api/diagnostics/prometheus`, {
    method: "HEAD",
    headers: { authorization: `Bearer ${token}` },
  });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("a key with the scope metrics reads the metrics and nothing else", async () => {
  const gateway = await startTestGateway({ config });
  const { url } = gateway;
  const secret = await createKey(gateway, "prometheus", { scopes: ["metrics"] });
  const get = async (path: string): Promise<number> =>
    (await fetch(url + path, { headers: { authorization: `Bearer ${secret}` } })).status;
  expect([await get("/metrics"), await get("/sessions"), await get("/v1/models")]).toEqual([200, 403, 403]);
});

test("metrics are off by default, and the error names the switch", async () => {
  const { url } = await startTestGateway();
  const response = await scrape(url);
  expect([response.status, await response.text()]).toEqual([
    404,
    expect.stringContaining("gateway.http.metrics.enabled"),
  ]);
});

test("a metric keeps a bounded number of series and counts the rest", () => {
  const registry = createRegistry();
  for (let tool = 0; tool < maxSeriesPerMetric + 5; tool += 1)
    registry.increment("openclaw_tool_execution_total", [`tool-${tool}`, "ok"]);
  const families = parseOpenMetrics(formatMetrics(registry.list(), "openmetrics"));
  expect(families.get("openclaw_tool_execution")?.samples).toHaveLength(maxSeriesPerMetric);
  const dropped = { metric: "openclaw_tool_execution_total" };
  expect(sumSamples(families, "openclaw_prometheus_series_dropped_total", dropped)).toBe(5);
});

test("values of labels are escaped", () => {
  const registry = createRegistry();
  registry.increment("openclaw_tool_execution_total", ['a"b\\c\nd', "ok"]);
  const [sample] =
    parseOpenMetrics(formatMetrics(registry.list(), "openmetrics")).get("openclaw_tool_execution")?.samples ??
    [];
  expect(sample?.labels["tool"]).toBe('a\\"b\\\\c\\nd');
});

test("names and labels follow Prometheus' rules, and no label names a session, user, path or host", () => {
  for (const [name, { type, labels, help }] of Object.entries(metrics)) {
    expect(name).toMatch(/^openclaw_[a-z_]+$/);
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect(help.endsWith("."), help).toBe(true);
    for (const label of labels) expect(label).not.toMatch(/session|user|path|host|address|key/);
  }
});
