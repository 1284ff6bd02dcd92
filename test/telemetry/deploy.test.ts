/** What operators deploy: boards and alerts name metrics that exist, and compose files follow their specification. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { Config } from "../../contracts/config/config.ts";
import { logEvents } from "../../contracts/log-events/log-events.ts";
import { metrics, type MetricDeclaration } from "../../contracts/metrics.ts";
import composeSchema from "../support/documents/compose-spec.json" with { type: "json" };

const root = join(import.meta.dirname, "../..");
const readText = (path: string): string => readFileSync(join(root, path), "utf8");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}
interface ComposeService {
  readonly environment: Readonly<Record<string, string>>;
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

const readSetting = (config: Config, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], config);

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
    "openclaw_gateway_node_info",
    "openclaw_nodes",
    "openclaw_gateway_workers",
    "openclaw_gateway_worker_exits_total",
    "openclaw_http_request_duration_seconds",
    "openclaw_gateway_rpc_handler_seconds",
    "openclaw_run_steps",
    "openclaw_session_turn_created_total",
    "openclaw_sessions",
    "openclaw_queue_lane_active",
    "openclaw_model_call_duration_seconds",
    "openclaw_usage_rows_dropped_total",
    "openclaw_gen_ai_client_token_usage",
    "openclaw_webhook_attempts_total",
    "openclaw_webhook_queue_size",
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

test("the page on operations names panels, log lines, settings and defaults that exist", () => {
  const page = readText("docs/operations.md");
  const panels = boardExpressions.map(([title]) => title);
  const quoted = [...page.matchAll(/"([A-Z][\w ]+)"/g)].map(([, name]) => name);
  expect(quoted.length).toBeGreaterThan(1);
  for (const name of quoted) expect(panels).toContain(name);
  expect(Object.keys(logEvents)).toContain("request failed");

  const config = Config.parse({});
  const rows = [...page.matchAll(/^\| [^|]+\| `([\w.]+)` +\| (\d+) days +\|$/gm)];
  expect(rows).toHaveLength(4);
  for (const [, setting = "", days] of rows)
    expect([setting, readSetting(config, setting)]).toEqual([setting, `${days}d`]);
  const settings = page.matchAll(/`((?:gateway|tools|session|usage|audit)(?:\.(?!env`)\w+)+)/g);
  for (const [, setting = ""] of settings)
    expect([setting, readSetting(config, setting) !== undefined]).toEqual([setting, true]);
});

test("systemd rates the hardened unit as the page on operations says", ({ annotate }) => {
  const unit = join(root, "deploy/systemd/openclaw-gateway.service");
  const { stdout, error } = spawnSync("systemd-analyze", ["security", "--offline=yes", unit], {
    encoding: "utf8",
  });
  if (error !== undefined) return void annotate("systemd-analyze is not installed");
  const [, rated] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  const [, documented] = /rates it ([\d.]+)\. /.exec(readText("docs/operations.md")) ?? [];
  // Versions of systemd differ by some tenths.
  expect(Math.abs(Number(rated) - Number(documented))).toBeLessThan(0.5);
});

test("the gateway of the compose files finds their PostgreSQL", ({ annotate }) => {
  const files = ["compose.yaml", "compose.postgres.yaml"];
  const { services } = parse(readText("compose.postgres.yaml")) as {
    readonly services: Readonly<Record<"gateway" | "postgres", ComposeService>>;
  };
  const { environment } = services.postgres;
  const address = services.gateway.environment["OPENCLAW_DATABASE_URL"]?.replace(/\$\{[^}]+\}/, "secret");
  expect(address).toBe(
    `postgres://${environment["POSTGRES_USER"]}:secret@postgres:5432/${environment["POSTGRES_DB"]}`,
  );

  const variables = { OPENCLAW_GATEWAY_TOKEN: "a-token-of-the-test-of-compose", POSTGRES_PASSWORD: "secret" };
  const merged = [["docker", "compose"], ["docker-compose"]]
    .map(([command = "", ...args]) =>
      spawnSync(command, [...args, ...files.flatMap((file) => ["-f", file]), "config"], {
        cwd: root,
        encoding: "utf8",
        env: { PATH: process.env["PATH"] ?? "", ...variables },
      }),
    )
    .find(({ status }) => status === 0);
  if (merged === undefined) return void annotate("compose is not installed: the files are not merged");
  expect(parse(merged.stdout)).toMatchObject({
    services: {
      gateway: {
        read_only: true,
        depends_on: { postgres: { condition: "service_healthy" } },
        environment: { OPENCLAW_DATABASE_URL: address },
      },
      postgres: { environment: { ...environment, POSTGRES_PASSWORD: "secret" } },
    },
  });
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
