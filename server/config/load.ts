/**
 * Loads the configuration: read the file and its includes, replace variables and references to secrets, translate
 * OpenClaw's keys, complete known providers, validate, freeze. An error lists all issues at once.
 */
import { dirname } from "node:path";
import { lstatSync } from "node:fs";
import { Config } from "../../contracts/config/config.ts";
import { flattenIssues, type Issue } from "../lib/zod-issues.ts";
import { suggest } from "../lib/did-you-mean.ts";
import { ConfigError } from "../lib/config-error.ts";
import { createDefaultTree } from "./default-tree.ts";
import { readDotenv } from "./dotenv.ts";
import { mergeVariables } from "./environment.ts";
import { applyOtelVariables } from "./otel-variables.ts";
import { moveMcpServers } from "./mcp-servers.ts";
import { readWithIncludes } from "./includes.ts";
import { createIssueList } from "./issue-list.ts";
import { completeKnownProviders } from "./known-providers.ts";
import { listKnownKeys } from "./lookup.ts";
import { locateConfig } from "./locate.ts";
import { mapOpenClawKeys } from "./openclaw/map-keys.ts";
import { formatIgnoredKeys, removeOpenClawKeys } from "./openclaw/remove-keys.ts";
import { checkReferences, removeUnknownModels } from "./references.ts";
import { replaceVariables } from "./replace-variables.ts";
import { prepareRefs } from "./secrets/resolve-refs.ts";
import {
  runSecretCommand,
  runSecretCommandSync,
  skipSecretCommand,
  type SecretCommand,
  type SecretResults,
} from "./secrets/secret-command.ts";
import { explainTailscale } from "./tailscale.ts";
import { completeTls } from "./tls-files.ts";
import { checkToolLists, listServerNames } from "./tool-lists.ts";
import { getAt, isPlainObject } from "./tree.ts";
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
  /** The content to load instead of the main file's: an edit that is not written yet. */
  readonly text?: string;
  /** Called with each file that the configuration and its secrets come from. */
  readonly onRead?: (file: string) => void;
  /** False starts no program that has secrets; the secrets are then not the real ones. Default: true. */
  readonly runsCommands?: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Path of the file. It may not exist; then the built-in configuration applies. */
  readonly path: string;
  readonly stateDir: string;
  /** The variables that the file was read with: those of the process, of `.env` and of the file. */
  readonly env: NodeJS.ProcessEnv;
  readonly warnings: readonly string[];
  /** The content of the file with its includes, before variables and references are replaced. */
  readonly tree: unknown;
}

interface Load {
  /** Programs that have secrets of the file. */
  readonly commands: readonly SecretCommand[];
  readonly finish: (results: readonly SecretResults[]) => LoadedConfig;
}

/** Waits for programs that have secrets. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { commands, finish } = beginLoad(options);
  const run = options.runsCommands === false ? skipSecretCommand : runSecretCommandSync;
  return finish(commands.map(run));
}

/** Like `loadConfig`, and lets other work go on while programs that have secrets run. */
export async function reloadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { commands, finish } = beginLoad(options);
  return finish(await Promise.all(commands.map(runSecretCommand)));
}

function beginLoad(options: LoadOptions): Load {
  const { env: processEnv, home, cwd = process.cwd(), strict = false, onRead } = options;
  const { file, isExplicit, stateDir } = locateConfig(processEnv, home, cwd);
  const issues = createIssueList(file);
  const { report, warn } = issues;

  const readTree = (): unknown =>
    options.text !== undefined || isExplicit || hasEntry(file)
      ? readWithIncludes(file, report, { onRead, text: options.text })
      : createDefaultTree();
  const fileTree = options.tree ?? readTree();
  if (issues.count() === 0 && !isPlainObject(fileTree)) report([], "must be an object: { … }");
  const rawTree = moveMcpServers(fileTree, report);
  issues.throwIfAny();

  const env = mergeVariables(
    processEnv,
    readDotenv(stateDir, (message) => report([], message)),
    readTexts(getAt(rawTree, "env", "vars")),
  );
  const replaced = replaceVariables(rawTree, { env, home, folder: dirname(file) });
  const servers = listServerNames(replaced.tree);
  mapOpenClawKeys(replaced.tree, issues);
  const { tree, ignored } = removeOpenClawKeys(replaced.tree, report);
  for (const { path, message } of replaced.problems) {
    const isIgnored = ignored.some((key) => key.path.every((part, index) => part === path[index]));
    if (!isIgnored) report(path, message);
  }
  if (strict) for (const { path, here } of ignored) report(path, `has no effect in this gateway: ${here}`);
  const refs = prepareRefs(tree, { env, report, warn, onRead });

  return {
    commands: refs.commands,
    finish(results) {
      refs.finish(results);
      completeKnownProviders(tree, { env, warn });
      applyOtelVariables(tree, { env, warn });
      removeUnknownModels(tree, warn);
      completeTls(tree, stateDir, report);
      const parsed = Config.safeParse(tree, { reportInput: true });
      for (const issue of parsed.success ? [] : flattenIssues(parsed.error))
        report(issue.path, describeIssue(issue));
      checkReferences(tree, report);
      checkWorkspaces(tree, { file, stateDir }, report);
      checkToolLists(tree, servers, issues);
      issues.throwIfAny();
      if (!parsed.success) throw new ConfigError(file, []);
      explainTailscale(parsed.data, warn);
      const warnings = [...formatIgnoredKeys(file, ignored), ...issues.listWarnings()];
      return { config: deepFreeze(parsed.data), path: file, stateDir, env, warnings, tree: fileTree };
    },
  };
}

function readTexts(values: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isPlainObject(values) ? values : {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
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
