/** The configuration as callers may read it: only what is known to be harmless is shown, everything else is hidden. */
import type { Config } from "../../contracts/config/config.ts";

const hidden = "[redacted]";

/** Paths whose whole inside is shown; `*` is any key or index. New settings are hidden until they stand here. */
const shown = [
  "gateway.mode",
  "gateway.port",
  "gateway.bind",
  "gateway.auth.mode",
  "gateway.auth.rateLimit",
  "gateway.http.endpoints",
  "gateway.http.docs",
  "gateway.http.modelAliases",
  "gateway.http.unknownModel",
  "gateway.http.userSession",
  "gateway.http.onDisconnect",
  "gateway.tools",
  "gateway.limits",
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
].map((path) => path.split("."));

export function shownConfig(config: Config): Record<string, unknown> {
  return show(config, shown) as Record<string, unknown>;
}

/** `paths` are those that lead on from here. */
function show(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (value === undefined) return undefined;
  // Secrets of whatever place print as hidden when they are written.
  if (paths.some((path) => path.length === 0)) return value;
  if (paths.length === 0 || typeof value !== "object" || value === null) return hidden;
  const inner = (key: string): unknown =>
    show(
      (value as Readonly<Record<string, unknown>>)[key],
      paths.filter(([first]) => first === key || first === "*").map(([, ...rest]) => rest),
    );
  if (Array.isArray(value)) return value.map((_, index) => inner(String(index)));
  return Object.fromEntries(Object.keys(value).map((key) => [key, inner(key)]));
}
