/** Changes the configuration file: checks the result as a start would, and replaces the file in one step. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import JSON5 from "json5";
import { ConfigError } from "../lib/config-error.ts";
import { GatewayError } from "../lib/errors.ts";
import { replaceFile } from "../lib/write-file.ts";
import { createDefaultTree } from "./default-tree.ts";
import { loadConfig, type LoadedConfig, type LoadOptions } from "./load.ts";
import { locateConfig } from "./locate.ts";
import { getAt } from "./tree.ts";

export interface FileContent {
  readonly path: string;
  /** Empty without a file. */
  readonly text: string;
  /** SHA-256, in hexadecimal digits; empty without a file. */
  readonly hash: string;
}

interface WriteOptions {
  /** Checks the change and writes nothing. */
  readonly isDryRun?: boolean;
  /** The hash of the content that the change was made for. Another content is `config_changed`. */
  readonly baseHash?: string | undefined;
  /** Throws when the change is not allowed. `before` is undefined when the file is broken now. */
  readonly check?: (before: LoadedConfig | undefined, after: LoadedConfig) => void;
}

export interface WrittenFile {
  readonly hash: string;
  readonly loaded: LoadedConfig;
}

export function readFileContent(options: LoadOptions): FileContent {
  const { file: path } = locateConfig(options.env, options.home, options.cwd ?? process.cwd());
  try {
    const content = readFileSync(path);
    return { path, text: content.toString(), hash: hashContent(content) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { path, text: "", hash: "" };
  }
}

/** `edit` gets the text of the file and returns the new one. Throws `invalid_config` when that is not valid. */
export async function changeConfigFile(
  options: LoadOptions,
  edit: (text: string) => string,
  { baseHash, check = () => {}, isDryRun = false }: WriteOptions = {},
): Promise<WrittenFile> {
  if (options.env["OPENCLAW_CONFIG_READONLY"] === "1")
    throw createNotWritableError("OPENCLAW_CONFIG_READONLY is 1: change the file where it comes from.");
  const { path, text, hash } = readFileContent(options);
  if (baseHash !== undefined && baseHash !== hash) throw createChangedError();
  // No program is started on behalf of a text that is not accepted yet.
  const loadOptions = { ...options, runsCommands: false };
  const before = tryToLoad({ ...loadOptions, text });
  if (typeof getAt(before?.tree, "meta", "lastTouchedVersion") === "string") {
    throw createNotWritableError(
      `${path} belongs to OpenClaw, which marks it with meta.lastTouchedVersion: change it there, or remove the mark.`,
    );
  }
  const edited = edit(hash === "" ? renderDefaults() : text);
  const loaded = loadEdited({ ...loadOptions, text: edited });
  check(before, loaded);
  const written = { hash: hashContent(edited), loaded };
  if (isDryRun) return written;
  // Another program may have written in the meantime.
  if (readFileContent(options).hash !== hash) throw createChangedError();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, edited, { mode: 0o600 });
  return written;
}

/** A change without a file adds to what applies without a file: one setting must not disable the others. */
const renderDefaults = (): string =>
  `// The built-in configuration, and changes to it.\n${JSON5.stringify(createDefaultTree(), { space: 2, quote: '"' })}\n`;

function tryToLoad(options: LoadOptions): LoadedConfig | undefined {
  try {
    return loadConfig(options);
  } catch {
    return undefined;
  }
}

function loadEdited(options: LoadOptions): LoadedConfig {
  try {
    return loadConfig(options);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new GatewayError("invalid_config", `Nothing was written. ${error.message}`, { cause: error });
  }
}

const hashContent = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

export function createNotWritableError(message: string, param?: string): GatewayError {
  return new GatewayError("config_not_writable", message, { param });
}

const createChangedError = (): GatewayError =>
  new GatewayError(
    "config_changed",
    "The file has changed since it was read. Read it again and repeat the change.",
    {
      param: "baseHash",
    },
  );
