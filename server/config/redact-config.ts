/** Redacts the configuration for callers: only paths on the list are visible, so that new settings start hidden. */
import type { Config } from "../../contracts/config/config.ts";

const redactedText = "[redacted]";

/** Paths whose values are visible with all their children. `*` matches any key or index. */
const publicPaths = [
  "gateway.mode",
  "gateway.port",
  "gateway.workers",
  "gateway.bind",
  "gateway.auth.mode",
  "gateway.auth.rateLimit",
  "gateway.http.endpoints",
  "gateway.http.docs",
  "gateway.http.metrics",
  "gateway.http.modelAliases",
  "gateway.http.unknownModel",
  "gateway.http.userSession",
  "gateway.http.onDisconnect",
  "gateway.controlUi",
  "gateway.tools",
  "gateway.limits",
  "gateway.webhooks.*.types",
  "gateway.webhooks.*.agents",
  "gateway.webhooks.*.allowPrivateNetwork",
  ...["enabled", "path", "allowedAgentIds", "allowRequestSessionKey"].map((name) => `hooks.${name}`),
  ...["allowedSessionKeyPrefixes", "defaultSessionKey", "maxBodyBytes"].map((name) => `hooks.${name}`),
  ...["agents.defaults", "agents.list.*"].flatMap((agent) =>
    ["model", "models", "embeddingModel", "timeoutSeconds", "maxSteps", "thinkingDefault"].map(
      (name) => `${agent}.${name}`,
    ),
  ),
  "agents.list.*.id",
  "agents.list.*.name",
  "agents.list.*.default",
  "agents.list.*.tools",
  "models.providers.*.api",
  "models.providers.*.models.*.id",
  "models.providers.*.models.*.name",
  "models.providers.*.models.*.contextWindow",
  "models.providers.*.models.*.cost",
  "tools.profile",
  "tools.allow",
  "tools.alsoAllow",
  "tools.deny",
  "tools.byProvider",
  "tools.exec.sandbox",
  "tools.exec.timeoutSeconds",
  "tools.fs",
  "tools.web",
  "tools.sessions",
  "session",
  "logging",
  "diagnostics.otel.enabled",
  "diagnostics.otel.traces",
  "diagnostics.otel.serviceName",
  "diagnostics.otel.sampler",
  "diagnostics.otel.sampleRate",
  "diagnostics.otel.captureContent",
  "diagnostics.otel.flushIntervalMs",
  "diagnostics.otel.propagateToProviders",
  "usage",
  "budgets",
  "audit",
].map((path) => path.split("."));

export function redactConfig(config: Config): Record<string, unknown> {
  return redact(config, publicPaths) as Record<string, unknown>;
}

/** @param paths the visible paths, relative to `value` */
function redact(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (value === undefined) return undefined;
  // A `Secret` below a visible path still serialises as redacted.
  if (paths.some((path) => path.length === 0)) return value;
  if (paths.length === 0 || typeof value !== "object" || value === null) return redactedText;
  const redactKey = (key: string): unknown =>
    redact(
      (value as Readonly<Record<string, unknown>>)[key],
      paths.filter(([first]) => first === key || first === "*").map(([, ...rest]) => rest),
    );
  if (Array.isArray(value)) return value.map((_, index) => redactKey(String(index)));
  return Object.fromEntries(Object.keys(value).map((key) => [key, redactKey(key)]));
}
