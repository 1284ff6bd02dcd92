/** From file to configuration: read, includes, variables, foreign keys, schema, frozen. All issues are told at once. */
import { dirname } from "node:path";
import { lstatSync } from "node:fs";
import { Config } from "../../contracts/config/config.ts";
import { flattenIssues, type Issue } from "../issues.ts";
import { nearest } from "../nearest.ts";
import { ConfigError, dotted, type ConfigIssue } from "./config-error.ts";
import { substitute } from "./environment.ts";
import { takeForeignKeys } from "./foreign-keys.ts";
import { readWithIncludes } from "./includes.ts";
import { knownKeys } from "./known-keys.ts";
import { locate, resolvePath } from "./locate.ts";
import { checkReferences } from "./references.ts";
import { checkToolLists } from "./tool-lists.ts";
import { isTable, mapTexts, matches, type Path } from "./tree.ts";
import { checkWorkspaces } from "./workspaces.ts";

export interface LoadOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The user's home folder. */
  readonly home: string;
  readonly cwd?: string;
  /** Also refuse the keys of OpenClaw that would be ignored. */
  readonly strict?: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Of the file, also when there is none and all defaults apply. */
  readonly path: string;
  readonly stateDir: string;
  readonly warnings: readonly string[];
}

/** Values that are paths: `~` is the home folder, a relative path counts from the file's folder. */
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

export function loadConfig({ env, home, cwd = process.cwd(), strict = false }: LoadOptions): LoadedConfig {
  const { file, named, stateDir } = locate(env, home, cwd);
  const issues = new Map<string, ConfigIssue>();
  /** The first thing said about a place stands: what follows from it is not said again. */
  const report = (path: Path, message: string): void => {
    const place = dotted(path);
    if (!issues.has(place)) issues.set(place, { path: place, message });
  };
  const broken = (): ConfigError => new ConfigError(file, [...issues.values()]);

  const written = named || isThere(file) ? readWithIncludes(file, report) : {};
  if (issues.size === 0 && !isTable(written)) report([], "must hold an object: { … }");
  if (issues.size > 0) throw broken();

  const unset: { path: Path; name: string }[] = [];
  const resolved = mapTexts(written, (text, path) => {
    const value = substitute(text, env, (name) => unset.push({ path, name }));
    const isPath = value !== "" && pathKeys.some((key) => matches(path, key));
    return isPath ? resolvePath(value, home, dirname(file)) : value;
  });

  const { tree, ignored } = takeForeignKeys(resolved, report);
  for (const { path, name } of unset) {
    const dropped = ignored.some((key) => key.every((part, index) => part === path[index]));
    if (!dropped) report(path, `the environment variable ${name} is not set or empty`);
  }
  if (strict) for (const path of ignored) report(path, "means nothing to this gateway");

  const parsed = Config.safeParse(tree, { reportInput: true });
  for (const issue of parsed.success ? [] : flattenIssues(parsed.error)) report(issue.path, said(issue));
  checkReferences(tree, report);
  checkWorkspaces(tree, { file, stateDir }, report);
  const warnings =
    ignored.length === 0
      ? []
      : [`Ignored in ${file}, as it means nothing to this gateway: ${ignored.map(dotted).join(", ")}`];
  checkToolLists(tree, report, (path, message) => warnings.push(`${dotted(path)}: ${message}`));
  if (!parsed.success || issues.size > 0) throw broken();

  return { config: freeze(parsed.data), path: file, stateDir, warnings };
}

/** A broken link, or a folder that may not be entered, is there: reading then says why it cannot be used. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function said({ path, message, key }: Issue): string {
  const meant = key === undefined ? undefined : nearest(key, knownKeys(path.slice(0, -1)));
  return meant === undefined ? message : `${message} (did you mean ${JSON.stringify(meant)}?)`;
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
