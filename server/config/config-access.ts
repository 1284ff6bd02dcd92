/** Reads and changes the configuration file for callers of the gateway. */
import JSON5 from "json5";
import { GatewayError } from "../lib/errors.ts";
import { listChangedSettings } from "./compare.ts";
import { changeConfigFile, readFileContent } from "./config-file.ts";
import type { ConfigSource } from "./config-source.ts";
import { editJson5 } from "./edit-json5.ts";
import { toEdits } from "./merge-patch.ts";
import { listOrigins, type Origin } from "./origins.ts";
import { redactText, restoreSecrets } from "./redact-text.ts";
import { checkRemoteChange } from "./remote-changes.ts";

export interface ConfigChange {
  readonly hash: string;
  readonly changed: readonly string[];
  readonly applied: boolean;
  readonly restartRequired: readonly string[];
}

export interface ConfigFileView {
  readonly path: string;
  readonly hash: string;
  readonly raw: string;
  readonly origins: readonly Origin[];
  /** Of the configuration that is applied: keys that are ignored, and what may be meant otherwise. */
  readonly warnings: readonly string[];
}

export interface ChangeOptions {
  readonly baseHash: string | undefined;
  /** Checks the change and writes nothing. */
  readonly isDryRun: boolean;
}

export interface ConfigAccess {
  /** Returns the file with its secrets hidden. */
  read(): ConfigFileView;
  /** Replaces the text of the file. With `isForced` it is applied also when `gateway.reload.mode` is `off`. */
  replace(raw: string, options: ChangeOptions & { readonly isForced: boolean }): Promise<ConfigChange>;
  /** Changes the settings of a merge patch. */
  patch(
    raw: string,
    options: ChangeOptions & { readonly replacePaths: readonly string[] },
  ): Promise<ConfigChange>;
}

export function createConfigAccess(source: ConfigSource): ConfigAccess {
  const { loadOptions } = source;

  const change = async (
    edit: (text: string) => string,
    { baseHash, isDryRun, isForced }: ChangeOptions & { readonly isForced: boolean },
  ): Promise<ConfigChange> => {
    if (baseHash === undefined && readFileContent(loadOptions).hash !== "") {
      const message =
        "baseHash: there is a file; send the hash of config.get, so that no change of others is lost.";
      throw new GatewayError("missing_required_parameter", message, { param: "baseHash" });
    }
    const applied = source.getApplied();
    let changed: readonly string[] = [];
    const { hash } = await changeConfigFile(loadOptions, edit, {
      baseHash,
      isDryRun,
      check(before = applied, after) {
        checkRemoteChange(before, after);
        source.check(after);
        changed = listChangedSettings(before.config, after.config);
      },
    });
    if (isDryRun) return { hash, changed, applied: false, restartRequired: [] };
    const isApplied = await source.reload({ isForced });
    return { hash, changed, applied: isApplied, restartRequired: source.getStatus().restartRequired };
  };

  return {
    read() {
      const { path, hash, text } = readFileContent(loadOptions);
      const raw = text.trim() === "" ? text : redactText(text);
      const { warnings } = source.getApplied();
      return { path, hash, raw, origins: tryToListOrigins(path, text), warnings };
    },
    replace: (raw, options) => change((text) => restoreSecrets(parsed(raw), text), options),
    patch: (raw, { replacePaths, ...options }) =>
      change(
        (text) => {
          const tree = text.trim() === "" ? {} : JSON5.parse<unknown>(text);
          const edits = toEdits(tree, JSON5.parse<unknown>(parsed(raw)), replacePaths);
          return restoreSecrets(editJson5(text, edits), text);
        },
        { ...options, isForced: false },
      ),
  };
}

/** Returns no origins for a file with a syntax error: it may be half edited. */
function tryToListOrigins(file: string, text: string): readonly Origin[] {
  try {
    return listOrigins(file, text);
  } catch {
    return [];
  }
}

/** Returns the text. Throws `invalid_config` when it is not JSON5. */
function parsed(raw: string): string {
  try {
    JSON5.parse<unknown>(raw);
    return raw;
  } catch (error) {
    throw new GatewayError("invalid_config", `raw: ${(error as Error).message}`, {
      param: "raw",
      cause: error,
    });
  }
}
