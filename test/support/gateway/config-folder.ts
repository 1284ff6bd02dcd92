/** Creates a home folder with configuration files. It is removed when the test finishes. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { ConfigError } from "../../../server/lib/config-error.ts";
import { loadConfig, type LoadedConfig, type LoadOptions } from "../../../server/config/load.ts";

export interface ConfigFolder {
  readonly home: string;
  readonly file: string;
  load(options?: Partial<LoadOptions>): LoadedConfig;
  /** Returns the lines of the error that loading fails with. */
  readIssues(options?: Partial<LoadOptions>): readonly string[];
}

/** `files` maps paths within `~/.openclaw` to content. Values other than strings are written as JSON. */
export function createConfigFolder(files: Readonly<Record<string, unknown>>): ConfigFolder {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "gateway-config-")));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(home, ".openclaw", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  const load = (options: Partial<LoadOptions> = {}): LoadedConfig =>
    loadConfig({ env: {}, home, cwd: home, ...options });
  return {
    home,
    file: join(home, ".openclaw", "openclaw.json"),
    load,
    readIssues: (options) => {
      try {
        load(options);
      } catch (error) {
        if (error instanceof ConfigError) return error.message.split("\n  ").slice(1);
        throw error;
      }
      throw new Error("expected the configuration to be rejected");
    },
  };
}

/** Creates a home folder with one configuration file. */
export function createConfigFile(content: unknown): ConfigFolder {
  return createConfigFolder({ "openclaw.json": content });
}
