/**
 * The standard variables of OpenTelemetry as settings of `diagnostics.otel`. What the file says goes before them.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { ensureDraft, type Draft } from "./draft.ts";
import { getAt, isPlainObject, type Report } from "./tree.ts";

interface OtelOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly warn: Report;
}

const settingsPath = ["diagnostics", "otel"] as const;
/** Variables without a value count as not set. */
const read = (env: NodeJS.ProcessEnv, ...names: readonly string[]): string | undefined =>
  names.map((name) => env[name]).find(Boolean);

export function applyOtelVariables(tree: unknown, { env, warn }: OtelOptions): void {
  if (!Object.keys(env).some((name) => name.startsWith("OTEL_"))) return;
  const settings: Draft = {};
  const set = (key: string, value: unknown): void => {
    if (value !== undefined) settings[key] = value;
  };
  const endpoint = read(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const tracesEndpoint = read(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const exporter = read(env, "OTEL_TRACES_EXPORTER");
  set("endpoint", endpoint);
  // The file's address of the collector goes before both variables.
  if (getAt(tree, ...settingsPath, "endpoint") === undefined) set("tracesEndpoint", tracesEndpoint);
  if ((endpoint ?? tracesEndpoint) !== undefined || exporter === "otlp") settings["enabled"] = true;
  if (exporter === "none") settings["enabled"] = false;
  else if (exporter !== undefined && exporter !== "otlp")
    warn(settingsPath, `OTEL_TRACES_EXPORTER is "${exporter}"; only otlp and none are supported`);
  const protocol = read(env, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol !== undefined && !protocol.startsWith("http/"))
    warn(
      settingsPath,
      `OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}"; traces are sent as HTTP with JSON, mostly to port 4318`,
    );
  const attributes = parsePairs(read(env, "OTEL_RESOURCE_ATTRIBUTES"));
  set("serviceName", read(env, "OTEL_SERVICE_NAME") ?? attributes?.["service.name"]);
  set("resourceAttributes", attributes);
  set("headers", parsePairs(read(env, "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")));
  set("sampler", read(env, "OTEL_TRACES_SAMPLER"));
  set("sampleRate", toNumber(read(env, "OTEL_TRACES_SAMPLER_ARG")));
  set("flushIntervalMs", toNumber(read(env, "OTEL_BSP_SCHEDULE_DELAY")));

  const target = Object.keys(settings).length === 0 ? undefined : ensureDraft(tree, ...settingsPath);
  if (target !== undefined) fill(target, settings);
  if (env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") {
    const otel = ensureDraft(tree, ...settingsPath);
    if (otel !== undefined) otel["enabled"] = false;
  }
}

/** Sets what the file does not. Headers and attributes are merged. */
function fill(target: Draft, settings: Draft): void {
  for (const [key, value] of Object.entries(settings)) {
    const own = target[key];
    if (own === undefined) target[key] = value;
    else if (isPlainObject(own) && isPlainObject(value)) target[key] = { ...value, ...own };
  }
}

/** `name=value,name=value`, percent-encoded. */
function parsePairs(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  const pairs = text.split(",").flatMap((pair) => {
    const [name = "", ...value] = pair.split("=");
    return name.trim() === "" || value.length === 0 ? [] : [[decode(name), decode(value.join("="))] as const];
  });
  return Object.fromEntries(pairs);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return text.trim();
  }
}

/** The schema rejects what is no number. */
const toNumber = (text: string | undefined): number | string | undefined =>
  text === undefined || Number.isNaN(Number(text)) ? text : Number(text);
