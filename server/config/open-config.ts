/** Loads the configuration for a start: the file, or the last good copy when the file is broken. */
import { ConfigError, type ConfigIssue } from "../lib/config-error.ts";
import { isSameCredential, readCopy } from "./last-good-copy.ts";
import { loadConfig, type LoadedConfig, type LoadOptions } from "./load.ts";

export interface OpenOptions extends LoadOptions {
  /** Returns the gateway's own secret. Throws `ConfigError` when no caller could log in. */
  readonly getCredential: (loaded: LoadedConfig) => string | undefined;
  /** False: a broken file is an error, also when there is a last good copy. */
  readonly useLastGoodCopy: boolean;
}

export interface OpenedConfig {
  readonly loaded: LoadedConfig;
  /** Why the file is not used; empty when it is. */
  readonly issues: readonly ConfigIssue[];
  /** When the copy in use was saved; undefined when the file is used. */
  readonly copySavedAt: string | undefined;
}

/** Rejects with `ConfigError` when the file is broken and no copy may be used. */
export async function openConfig(
  options: OpenOptions,
  { path, stateDir }: { readonly path: string; readonly stateDir: string },
): Promise<OpenedConfig> {
  try {
    const loaded = loadConfig(options);
    options.getCredential(loaded);
    return { loaded, issues: [], copySavedAt: undefined };
  } catch (error) {
    if (!(error instanceof ConfigError) || !options.useLastGoodCopy) throw error;
    const copy = readCopy(stateDir, path);
    const loaded = copy && loadCopy(options, copy.tree);
    if (copy === undefined || loaded === undefined) throw error;
    if (await isSameCredential(options.getCredential(loaded), copy.credential))
      return { loaded, issues: error.issues, copySavedAt: copy.savedAt };
    throw new ConfigError(path, [
      ...error.issues,
      {
        path: "gateway.auth",
        message:
          "the secret has changed since the last good copy of this file, so the copy is not used either",
      },
    ]);
  }
}

/** A copy may be broken too, for instance when a variable is missing now. Then the error of the file counts. */
function loadCopy(options: OpenOptions, tree: unknown): LoadedConfig | undefined {
  try {
    return loadConfig({ ...options, tree });
  } catch {
    return undefined;
  }
}
