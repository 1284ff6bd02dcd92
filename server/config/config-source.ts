/**
 * Where the configuration of a running gateway comes from. Reads the files again when they change, applies what is valid,
 * and keeps what runs when it is not.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, formatIssue, type ConfigIssue } from "../lib/config-error.ts";
import type { Clock, Log } from "../lib/ports.ts";
import { listChangedSettings, needsRestart } from "./compare.ts";
import { createCopyWriter } from "./last-good-copy.ts";
import { reloadConfig, type LoadedConfig, type LoadOptions } from "./load.ts";
import { locateConfig } from "./locate.ts";
import { openConfig, type OpenOptions } from "./open-config.ts";
import { createFileWatcher, type FileWatcher } from "./watch-files.ts";

export interface ConfigStatus {
  /** Path of the file. */
  readonly path: string;
  /** SHA-256 of the file as it was read last, in hexadecimal digits; empty without a file. */
  readonly hash: string;
  /** When the applied configuration was read. */
  readonly appliedAt: number;
  /** Why the file as it is now is not applied. Empty when it is. */
  readonly issues: readonly ConfigIssue[];
  /** Settings whose new values wait for a restart. */
  readonly restartRequired: readonly string[];
  /** When the last good copy in use was saved; undefined when the file itself is applied. */
  readonly copySavedAt: string | undefined;
}

/**
 * Brings the gateway to this configuration, and returns settings that need a restart which the comparison of both files
 * does not show. Throws when it is not possible, and has changed nothing then.
 */
type Apply = (loaded: LoadedConfig) => readonly string[];

interface ReloadOptions {
  /** Whether changes are applied with `gateway.reload.mode: "off"` too. */
  readonly isForced: boolean;
  /** Whether the result is logged although nothing has changed. */
  readonly logsSameResult?: boolean;
}

export interface ConfigSource {
  /** The configuration to start with. */
  readonly initial: LoadedConfig;
  /** How its file is loaded. */
  readonly loadOptions: LoadOptions;
  /** The configuration that the gateway runs with. */
  getApplied(): LoadedConfig;
  /** Throws `ConfigError` for a configuration with which no caller could log in. */
  check(loaded: LoadedConfig): void;
  getStatus(): ConfigStatus;
  /** Watches the files from now on. Call it once the gateway runs with `initial`. Without a log another process logs the changes. */
  start(apply: Apply, log: Log | undefined): void;
  /** Reads the files now. Resolves to true when the result is applied. */
  reload(options: ReloadOptions): Promise<boolean>;
  close(): Promise<void>;
}

const copyWarningIntervalMs = 60_000;
const maxLoggedSettings = 20;

/** Rejects with `ConfigError` when the gateway cannot start. */
export async function openConfigSource(
  options: OpenOptions & { readonly clock: Clock },
): Promise<ConfigSource> {
  const { env, home, cwd = process.cwd(), clock } = options;
  const { file: path, stateDir } = locateConfig(env, home, cwd);
  const readFiles = new Set<string>();
  const onRead = (file: string): void => void readFiles.add(file);
  const hash = hashFile(path);
  const { loaded: initial, ...opened } = await openConfig({ ...options, onRead }, { path, stateDir });
  const writeCopy = createCopyWriter(stateDir);
  let applied = initial;
  let status: ConfigStatus = { path, hash, appliedAt: clock(), restartRequired: [], ...opened };
  let running:
    { readonly apply: Apply; readonly log: Log | undefined; readonly watcher: FileWatcher } | undefined;
  let copyWarning: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  /** A broken edit may name other files: those of the applied configuration are watched too. */
  const watchFiles = (): void => {
    const { tls } = applied.config.gateway;
    const tlsFiles = tls === undefined ? [] : [tls.certPath, tls.keyPath];
    const secretFiles = [join(stateDir, ".env"), join(stateDir, "gateway-token")];
    running?.watcher.setFiles([...new Set([path, ...readFiles, ...secretFiles, ...tlsFiles])]);
  };

  const reloadOnce = async ({ isForced, logsSameResult = false }: ReloadOptions): Promise<boolean> => {
    if (running === undefined) throw new Error("the source has not been started");
    const { apply, log } = running;
    readFiles.clear();
    status = { ...status, hash: hashFile(path) };
    try {
      const loaded = await reloadConfig({ ...options, onRead });
      options.getCredential(loaded);
      const changed = listChangedSettings(applied.config, loaded.config);
      if (!isForced && applied.config.gateway.reload.mode === "off") {
        const restartRequired = [
          ...new Set([
            ...changed,
            ...listChangedSettings(initial.config, loaded.config).filter(needsRestart),
          ]),
        ];
        status = { ...status, issues: [], restartRequired };
        if (changed.length > 0)
          log?.warn("settings need a restart", { settings: restartRequired.join(", ") });
        return false;
      }
      const hiddenSettings = apply(loaded);
      const hadIssues = status.issues.length > 0;
      const restartRequired = [
        ...new Set([
          ...listChangedSettings(initial.config, loaded.config).filter(needsRestart),
          ...hiddenSettings,
        ]),
      ];
      const isNew = restartRequired.some((setting) => !status.restartRequired.includes(setting));
      applied = loaded;
      status = { ...status, appliedAt: clock(), issues: [], restartRequired, copySavedAt: undefined };
      clearInterval(copyWarning);
      const isDifferent = changed.length > 0 || hadIssues;
      if (isDifferent || logsSameResult) {
        const names = changed.slice(0, maxLoggedSettings).join(", ");
        log?.info("configuration applied", { file: path, settings: changed.length, changed: names });
      }
      if (isDifferent) saveCopy();
      if (isNew) log?.warn("settings need a restart", { settings: restartRequired.join(", ") });
      return true;
    } catch (error) {
      const issues = error instanceof ConfigError ? error.issues : [{ path: "", message: String(error) }];
      const known = new Set(logsSameResult ? [] : status.issues.map(formatIssue));
      status = { ...status, issues };
      for (const issue of issues) {
        if (known.has(formatIssue(issue))) continue;
        log?.error("configuration not applied", { file: path, setting: issue.path, problem: issue.message });
      }
      return false;
    } finally {
      watchFiles();
    }
  };
  /** One after the other, so that the newest content is applied last. */
  const enqueueReload = (reloadOptions: ReloadOptions): Promise<boolean> => {
    const result = queue.then(() => reloadOnce(reloadOptions));
    queue = result.catch(() => {});
    return result;
  };

  const saveCopy = (): void => {
    const copy = { path, savedAt: new Date(clock()).toISOString(), tree: applied.tree };
    const secret = options.getCredential(applied);
    queue = queue
      .then(() => writeCopy(copy, secret))
      .catch((error: unknown) => {
        running?.log?.warn("the last good copy of the configuration cannot be written", {
          problem: String(error),
        });
      });
  };
  const warnOfCopy = (): void =>
    running?.log?.warn("the gateway runs with the last good copy of its configuration: the file is broken", {
      file: path,
      savedAt: status.copySavedAt,
      issues: status.issues.map(formatIssue).join("; "),
    });

  return {
    initial,
    loadOptions: { env, home, cwd },
    getApplied: () => applied,
    check: (loaded) => void options.getCredential(loaded),
    getStatus: () => status,
    start(apply, log) {
      const watcher = createFileWatcher(() => void enqueueReload({ isForced: false }).catch(() => {}));
      running = { apply, log, watcher };
      watchFiles();
      if (status.copySavedAt === undefined) return saveCopy();
      warnOfCopy();
      copyWarning = setInterval(warnOfCopy, copyWarningIntervalMs).unref();
    },
    reload: enqueueReload,
    async close() {
      clearInterval(copyWarning);
      await running?.watcher.close();
      await queue;
    },
  };
}

function hashFile(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return "";
  }
}
