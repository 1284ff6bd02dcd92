/** What operators deploy: boards and alerts name metrics that exist, and compose files follow their specification. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { Config } from "../../contracts/config/config.ts";
import { metrics, type MetricDeclaration } from "../../contracts/metrics.ts";
import composeSchema from "../support/documents/compose-spec.json" with { type: "json" };

const root = join(import.meta.dirname, "../..");
const readText = (path: string): string => readFileSync(join(root, path), "utf8");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}
interface Board {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const alerts = (parse(readText("deploy/prometheus/alerts.yaml")) as Rules).groups.flatMap(
  ({ rules }) => rules,
);
const boardExpressions = (JSON.parse(readText("deploy/grafana/openclaw.json")) as Board).panels.flatMap(
  ({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const),
);
const allExpressions = [...boardExpressions, ...alerts.map(({ alert, expr }) => [alert, expr] as const)];

/** Labels that Prometheus adds. */
const scrapeLabels = ["job", "instance", "le"];

function findDeclaration(sample: string): MetricDeclaration | undefined {
  const byName: Readonly<Record<string, MetricDeclaration>> = metrics;
  return byName[sample] ?? byName[sample.replace(/_(bucket|sum|count)$/, "")];
}

test("every metric of the board and the alerts exists, with its labels", () => {
  for (const [title, expression] of allExpressions) {
    const samples = [...expression.matchAll(/\bopenclaw_\w+/g)].map(([name]) => name);
    expect([title, samples.length > 0 || expression.startsWith("up{")]).toEqual([title, true]);
    const declarations = samples.map((sample) => [sample, findDeclaration(sample)] as const);
    expect(declarations.filter(([, declaration]) => declaration === undefined)).toEqual([]);
    const known = [...scrapeLabels, ...declarations.flatMap(([, declaration]) => declaration?.labels ?? [])];
    const selectors = [...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label);
    const groupings = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
      list.split(", "),
    );
    for (const label of [...selectors, ...groupings]) expect(known, `${title}: ${label}`).toContain(label);
  }
});

test("the board shows every metric but those that it needs no panel for", () => {
  const expressions = boardExpressions.map(([, expression]) => expression).join("\n");
  const hidden = Object.keys(metrics).filter((name) => !expressions.includes(name));
  expect(hidden).toEqual([
    "openclaw_gateway_build_info",
    "openclaw_http_request_duration_seconds",
    "openclaw_gateway_rpc_handler_seconds",
    "openclaw_run_steps",
    "openclaw_session_turn_created_total",
    "openclaw_sessions",
    "openclaw_queue_lane_active",
    "openclaw_model_call_duration_seconds",
    "openclaw_usage_rows_dropped_total",
    "openclaw_gen_ai_client_token_usage",
    "openclaw_store_commit_operations",
    "openclaw_gc_duration_seconds",
    "openclaw_telemetry_exporter_total",
    "openclaw_prometheus_series_dropped_total",
  ]);
});

test("the page on operations says what to do for each alert, and for no other", () => {
  const named = [...readText("docs/operations.md").matchAll(/^\| `(Openclaw\w+)`/gm)].map(([, name]) => name);
  expect(named).toEqual(alerts.map(({ alert }) => alert));
});

test("the unit and the image wait longer for running requests than the gateway does", () => {
  const { drainMs } = Config.parse({}).gateway.limits;
  const unit = Number(
    /^TimeoutStopSec=(\d+)$/m.exec(readText("deploy/systemd/openclaw-gateway.service"))?.[1],
  );
  const compose = Number(/stop_grace_period: (\d+)s/.exec(readText("compose.yaml"))?.[1]);
  for (const seconds of [unit, compose]) expect(seconds * 1_000).toBeGreaterThanOrEqual(drainMs + 10_000);
});

// From schema/ of github.com/compose-spec/compose-spec, commit 170098b.
const isComposeFile = new Ajv({ strict: false, validateSchema: false, validateFormats: false }).compile(
  composeSchema,
);

test("the compose files follow the specification, and mount files that exist", () => {
  for (const folder of ["", "examples/cluster/"]) {
    const compose: unknown = parse(readText(`${folder}compose.yaml`), { merge: true });
    isComposeFile(compose);
    expect(isComposeFile.errors ?? [], folder).toEqual([]);
    const { services } = compose as { services: Readonly<Record<string, { volumes?: readonly string[] }>> };
    const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.flatMap((volume) => /^\.\/([^:]+):/.exec(volume)?.[1] ?? []),
    );
    // The operator writes openclaw.json.
    for (const file of mounted.filter((name) => name !== "openclaw.json"))
      expect(readText(`${folder}${file}`)).not.toBe("");
  }
  isComposeFile({ services: { gateway: { volumess: [] } } });
  expect(isComposeFile.errors).not.toBe(null);
});
