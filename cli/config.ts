/** `openclaw config`: checks a configuration file as the gateway does, or prints its JSON Schema. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { ConfigError } from "../server/lib/config-error.ts";
import { defineCommand, jsonOption } from "./define-command.ts";
import { exitConfig, exitOk } from "./exit-codes.ts";
import type { Io } from "./io.ts";

export const configCheck = defineCommand({
  name: "config check",
  summary: "check the configuration and list all errors",
  positionals: ["PATH?"],
  options: {
    strict: { description: "also report keys of OpenClaw that this gateway ignores" },
    ...jsonOption,
  },
  details:
    "PATH is the file to check instead of the one that the gateway reads. Errors exit 78, as in the gateway.\nPrograms that have secrets are not started.",
  example: "openclaw config check --strict ~/.openclaw/openclaw.json",
  run: checkConfig,
});

interface CheckArguments {
  readonly options: { readonly strict: boolean; readonly json: boolean };
  readonly positionals: readonly [string | undefined];
}

async function checkConfig(
  { options: { strict, json }, positionals: [path] }: CheckArguments,
  io: Io,
): Promise<number> {
  const { loadConfig } = await import("../server/config/load.ts");
  const { checkStartSettings } = await import("./start-settings.ts");
  const env = path === undefined ? io.env : { ...io.env, OPENCLAW_CONFIG_PATH: path };
  try {
    const loaded = loadConfig({ env, home: io.env["HOME"] || homedir(), strict, runsCommands: false });
    const warnings = [...loaded.warnings];
    checkStartSettings(loaded, (text) => warnings.push(text));
    if (json) {
      io.out(
        JSON.stringify(
          {
            valid: true,
            path: loaded.path,
            warnings: warnings.map((message) => ({ path: "", message })),
          },
          null,
          2,
        ),
      );
      return exitOk;
    }
    for (const warning of warnings) io.err(warning);
    const hasFile = existsSync(loaded.path);
    io.out(
      hasFile
        ? `${loaded.path} is valid.`
        : `There is no ${loaded.path}: the built-in model answers on this machine; openclaw init writes a configuration.`,
    );
    return exitOk;
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error;
    io.out(JSON.stringify({ valid: false, path: error.file, issues: error.issues }, null, 2));
    return exitConfig;
  }
}

export const configSchema = defineCommand({
  name: "config schema",
  summary: "print the JSON Schema of the configuration, for editors",
  positionals: [],
  options: {},
  example: "openclaw config schema > openclaw.schema.json",
  async run(_, io) {
    const { createConfigJsonSchema } = await import("../contracts/config/json-schema.ts");
    io.out(JSON.stringify(createConfigJsonSchema(), null, 2));
    return exitOk;
  },
});
