/**
 * Loads the configuration: read the file and its includes, replace variables, remove OpenClaw's keys, validate, freeze.
 * An error lists all issues at once.
 */
import { dirname } from "node:path";
import { lstatSync } from "node:fs";
import { Config } from "../../contracts/config/config.ts";
import { flattenIssues, type Issue } from "../lib/zod-issues.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { ConfigError, type ConfigIssue } from "../lib/config-error.ts";
import { substituteVariables } from "./environment.ts";
import { removeOpenClawKeys } from "./openclaw-keys.ts";
import { moveMcpServers } from "./mcp-servers.ts";
import { readWithIncludes } from "./includes.ts";
import { listKnownKeys } from "./lookup.ts";
import { locateConfig, resolvePath } from "./locate.ts";
import { checkReferences } from "./references.ts";
import { checkToolLists } from "./tool-lists.ts";
import { formatPath, isPlainObject, mapStrings, matchesPattern, type Path } from "./tree.ts";
import { checkWorkspaces } from "./workspaces.ts";

export interface LoadOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The user's home folder. */
  readonly home: string;
  readonly cwd?: string;
  /** Reports ignored keys of OpenClaw as errors. */
  readonly strict?: boolean;
  /** The content to load instead of the file's, includes already merged: a last good copy. */
  readonly tree?: unknown;
  /** Called with each file that the configuration comes from. */
  readonly onRead?: (file: string) => void;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Path of the file. It may not exist; then all defaults apply. */
  readonly path: string;
  readonly stateDir: string;
  readonly warnings: readonly string[];
  /** The content of the file with its includes, before variables and references are replaced. */
  readonly tree: unknown;
}

/** Keys whose values are paths. `~` is the home folder; a relative path is relative to the file's folder. */
const pathKeys = [
  "gateway.tls.certPath",
  "gateway.tls.keyPath",
  "agents.defaults.workspace",
  "agents.list.*.workspace",
  "agents.entries.*.workspace",
  "tools.exec.pathPrepend.*",
  "tools.mcpServers.*.cwd",
  "models.providers.*.models.*.path",
].map((key) => key.split("."));

export function loadConfig(options: LoadOptions): LoadedConfig {
  const { env, home, cwd = process.cwd(), strict = false, onRead } = options;
  const { file, isExplicit, stateDir } = locateConfig(env, home, cwd);
  const issues = new Map<string, ConfigIssue>();
  /** Keeps the first issue of each path: later ones usually follow from it. */
  const report = (path: Path, message: string): void => {
    const formattedPath = formatPath(path);
    if (!issues.has(formattedPath)) issues.set(formattedPath, { path: formattedPath, message });
  };
  const createError = (): ConfigError => new ConfigError(file, [...issues.values()]);

  const readTree = (): unknown =>
    isExplicit || hasEntry(file) ? readWithIncludes(file, report, onRead) : {};
  const fileTree = options.tree ?? readTree();
  if (issues.size === 0 && !isPlainObject(fileTree)) report([], "must be an object: { … }");
  const rawTree = moveMcpServers(fileTree, report);
  if (issues.size > 0) throw createError();

  const badReferences: { path: Path; message: string }[] = [];
  const resolvedTree = mapStrings(rawTree, (text, path) => {
    const value = substituteVariables(text, env, {
      reportMissing: (name) =>
        badReferences.push({ path, message: `the environment variable ${name} is not set or empty` }),
      reportOperator: (name) =>
        badReferences.push({
          path,
          message: `defaults and other operators of a shell are not supported in a reference; write \${${name}}, or $\${${name}…} for the text itself`,
        }),
    });
    const isPath = value !== "" && pathKeys.some((key) => matchesPattern(path, key));
    return isPath ? resolvePath(value, home, dirname(file)) : value;
  });

  const { tree, ignoredPaths } = removeOpenClawKeys(resolvedTree, report);
  for (const { path, message } of badReferences) {
    const isIgnored = ignoredPaths.some((key) => key.every((part, index) => part === path[index]));
    if (!isIgnored) report(path, message);
  }
  if (strict) for (const path of ignoredPaths) report(path, "has no effect in this gateway");

  const parsed = Config.safeParse(tree, { reportInput: true });
  for (const issue of parsed.success ? [] : flattenIssues(parsed.error))
    report(issue.path, describeIssue(issue));
  checkReferences(tree, report);
  checkWorkspaces(tree, { file, stateDir }, report);
  const warnings =
    ignoredPaths.length === 0
      ? []
      : [`Ignored in ${file}, without effect in this gateway: ${ignoredPaths.map(formatPath).join(", ")}`];
  checkToolLists(tree, report, (path, message) => warnings.push(`${formatPath(path)}: ${message}`));
  if (!parsed.success || issues.size > 0) throw createError();

  return { config: deepFreeze(parsed.data), path: file, stateDir, warnings, tree: fileTree };
}

/** Also true for a broken link and an unreadable folder: reading them then reports the reason. */
function hasEntry(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function describeIssue({ path, message, key }: Issue): string {
  const suggestion = key === undefined ? undefined : suggest(key, listKnownKeys(path.slice(0, -1)));
  return suggestion === undefined ? message : `${message} (did you mean ${JSON.stringify(suggestion)}?)`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
