/** Where a configuration has secrets and addresses: no text there may look like a reference that was not replaced. */
import { getAt, isPlainObject, matchesPattern, type Path } from "./tree.ts";

const toPatterns = (paths: readonly string[]): readonly (readonly string[])[] =>
  paths.map((path) => path.split("."));

/** The secrets of this gateway. `*` matches any one segment. */
export const secretPaths = toPatterns([
  "gateway.auth.token",
  "gateway.auth.password",
  "gateway.encryptionKey",
  "hooks.token",
  "gateway.remote.token",
  "gateway.remote.password",
  "gateway.webhooks.*.secret",
  "gateway.webhooks.*.secret.*",
  "diagnostics.otel.headers.*",
  "models.providers.*.apiKey",
  "session.store.url",
  "session.store.listenUrl",
  "models.providers.*.headers.*",
  "tools.mcpServers.*.env.*",
  "tools.mcpServers.*.headers.*",
]);

/** OpenClaw's places for the same secrets. */
const openClawSecretPaths = toPatterns([
  "mcp.servers.*.env.*",
  "mcp.servers.*.headers.*",
  "models.providers.*.request.auth.token",
  "models.providers.*.request.auth.value",
  "models.providers.*.request.headers.*",
]);

const addressPaths = toPatterns([
  "diagnostics.otel.endpoint",
  "diagnostics.otel.tracesEndpoint",
  "gateway.remote.url",
  "gateway.webhooks.*.url",
  "mcp.servers.*.url",
  "models.providers.*.baseUrl",
  "models.providers.*.models.*.baseUrl",
  "tools.mcpServers.*.url",
]);

const matchesAny = (path: Path, patterns: readonly (readonly string[])[]): boolean =>
  patterns.some((pattern) => matchesPattern(path, pattern));

export function isSecretPath(path: Path): boolean {
  return matchesAny(path, secretPaths) || matchesAny(path, openClawSecretPaths);
}

export function isAddressPath(path: Path): boolean {
  return matchesAny(path, addressPaths);
}

/** Returns the paths of the tree that match a pattern. */
export function listMatches(tree: unknown, pattern: readonly string[]): readonly Path[] {
  let paths: readonly Path[] = [[]];
  for (const part of pattern) {
    paths = paths.flatMap((path) => {
      const value = getAt(tree, ...path);
      if (part !== "*") return getAt(value, part) === undefined ? [] : [[...path, part]];
      if (Array.isArray(value)) return value.map((_, index) => [...path, index]);
      return isPlainObject(value) ? Object.keys(value).map((key) => [...path, key]) : [];
    });
  }
  return paths;
}
