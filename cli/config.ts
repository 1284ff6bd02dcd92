/** `openclaw config`: checks a configuration file with the gateway's own eyes, or prints its JSON Schema. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { parseArgs } from "node:util";
import { configJsonSchema } from "../contracts/config/json-schema.ts";
import { ConfigError } from "../server/config/config-error.ts";
import { loadConfig } from "../server/config/load.ts";
import { chooseSecret } from "../server/gate/shared-secret.ts";
import { nearest } from "../server/nearest.ts";
import { authMode, secretSources } from "./secret-sources.ts";
import type { Io } from "./command.ts";

const exitUsage = 2;
/** EX_CONFIG: what the gateway exits with on the same file. */
const exitConfig = 78;

const help = `Usage: openclaw config check [--strict] [PATH]
       openclaw config schema

check   Reads the configuration as the gateway would and lists everything that is wrong with it.
        PATH: another file than the one the gateway would read.
        --strict: also refuse keys of OpenClaw that this gateway ignores.
schema  Prints the JSON Schema of the file, for editors.

Example: openclaw config check --strict ~/.openclaw/openclaw.json`;

export async function runConfig(args: readonly string[], io: Io): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    io.out(help);
    return 0;
  }
  const [command, ...rest] = args;
  const refuse = (why: string): number => {
    io.err(`${why}\n\n${help}`);
    return exitUsage;
  };
  if (command !== "check" && command !== "schema") {
    if (command === undefined) return refuse("What to do is missing.");
    const meant = nearest(command, ["check", "schema"]);
    return refuse(`Unknown: config ${command}${meant === undefined ? "" : ` (did you mean "${meant}"?)`}`);
  }

  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(rest);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const [path, ...more] = options.positionals;
  if (command === "schema") {
    if (path !== undefined || options.values.strict) return refuse("config schema takes no arguments.");
    io.out(JSON.stringify(configJsonSchema(), null, 2));
    return 0;
  }
  if (more.length > 0) return refuse("config check takes one path.");
  return check(path, options.values.strict, io);
}

function readOptions(args: string[]) {
  const strict = { type: "boolean", default: false } as const;
  return parseArgs({ args, allowPositionals: true, options: { strict } });
}

function check(path: string | undefined, strict: boolean, io: Io): number {
  const env = path === undefined ? io.env : { ...io.env, OPENCLAW_CONFIG_PATH: path };
  try {
    const loaded = loadConfig({ env, home: io.env["HOME"] || homedir(), strict });
    chooseSecret(authMode(loaded.config), secretSources(env, loaded.config));
    for (const warning of loaded.warnings) io.err(warning);
    const found = existsSync(loaded.path);
    io.out(found ? `${loaded.path} is valid.` : `There is no ${loaded.path}: all defaults apply.`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.err(error.message);
    return exitConfig;
  }
}
