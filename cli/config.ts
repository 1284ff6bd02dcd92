/** `openclaw config`: checks a configuration file with the gateway's own eyes, or prints its JSON Schema. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { loadConfig } from "../server/config/load.ts";
import { chooseSecret } from "../server/gate/shared-secret.ts";
import { defineCommand } from "./define-command.ts";
import { exitDone } from "./exit-codes.ts";
import { authMode, secretSources } from "./secret-sources.ts";

export const configCheck = defineCommand({
  name: "config check",
  summary: "list everything that is wrong with the configuration",
  words: ["PATH?"],
  options: { strict: { says: "also refuse keys of OpenClaw that this gateway ignores" } },
  more: "PATH is another file than the one that the gateway would read. What is wrong exits 78, as the gateway would.",
  example: "openclaw config check --strict ~/.openclaw/openclaw.json",
  run({ options: { strict }, words: [path] }, io) {
    const env = path === undefined ? io.env : { ...io.env, OPENCLAW_CONFIG_PATH: path };
    const loaded = loadConfig({ env, home: io.env["HOME"] || homedir(), strict });
    chooseSecret(authMode(loaded.config), secretSources(env, loaded.config));
    for (const warning of loaded.warnings) io.err(warning);
    const found = existsSync(loaded.path);
    io.out(found ? `${loaded.path} is valid.` : `There is no ${loaded.path}: all defaults apply.`);
    return exitDone;
  },
});

export const configSchema = defineCommand({
  name: "config schema",
  summary: "print the JSON Schema of the configuration, for editors",
  words: [],
  options: {},
  example: "openclaw config schema > openclaw.schema.json",
  async run(_, io) {
    const { configJsonSchema } = await import("../contracts/config/json-schema.ts");
    io.out(JSON.stringify(configJsonSchema(), null, 2));
    return exitDone;
  },
});
