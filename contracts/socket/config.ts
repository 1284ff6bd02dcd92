/** Methods that read and change the configuration file. */
import { z } from "zod";
import { anyObject, listOf, longText, shortText } from "../limits.ts";
import { noParams, ok, params } from "./fields.ts";
import { method } from "./method.ts";

const common = { tag: "Configuration" } as const;

export const configGet = method({
  ...common,
  method: "config.get",
  summary: "Read the configuration",
  description:
    "The active configuration with every default. Only values that cannot be secret are shown; all others, including unknown settings, are `[redacted]`. A connection with `operator.config` also gets the text of the file.",
  auth: "read",
  params: noParams,
  result: z
    .object({
      valid: z.boolean().describe("Whether the file as it is now is the active configuration."),
      config: anyObject().describe("The active configuration, in the structure of its file."),
      hash: shortText().describe(
        "SHA-256 of the file; empty without a file. Send it as `baseHash` of a change.",
      ),
      issues: listOf(longText()).describe(
        "Why the file is not valid; empty when it is. For connections with `operator.admin`, others get an empty list.",
      ),
      path: shortText().optional().describe("Path of the file. Only with `operator.config`."),
      raw: z
        .string()
        .max(2_097_152)
        .optional()
        .describe("Text of the file, JSON5, its secrets as `[redacted]`. Only with `operator.config`."),
      origins: listOf(
        z
          .object({
            path: shortText().describe("Dotted name of the setting."),
            line: z.int().min(1).describe("Its line in the file."),
            file: shortText()
              .optional()
              .describe(
                "Path of the included file that has the value, relative to the folder of the configuration. Absent: the configuration file has it.",
              ),
            variables: listOf(shortText()).describe("Environment variables that its value names."),
          })
          .meta({ id: "ConfigOrigin", description: "Where a value of the file stands." }),
      )
        .optional()
        .describe(
          "The place of each value that the configuration file or an included file has. Other settings have their defaults. Only with `operator.config`.",
        ),
      warnings: listOf(longText())
        .optional()
        .describe(
          "What the gateway ignores in the file, such as settings of OpenClaw that it does not have, and what may be meant otherwise. Only with `operator.config`.",
        ),
    })
    .meta({ id: "ConfigSnapshot", description: "The configuration, without its secrets." }),
  errors: [],
});

export const configSchema = method({
  ...common,
  method: "config.schema",
  summary: "Read the JSON Schema of the configuration",
  description: "The same as `openclaw config schema` prints.",
  auth: "read",
  params: noParams,
  result: z
    .object({ schema: anyObject().describe("JSON Schema, draft 2020-12.") })
    .meta({ id: "ConfigSchema", description: "The schema of the configuration file." }),
  errors: [],
});

const raw = z.string().max(2_097_152);
const baseHash = z
  .string()
  .max(64)
  .optional()
  .describe(
    "`hash` of `config.get`: the change is refused if the file has changed since then. Required unless there is no file yet.",
  );

const dryRun = z
  .boolean()
  .optional()
  .describe("Checks the change and writes nothing. `changed` says what it would change. Default: false.");

const ConfigChange = z
  .object({
    ok,
    hash: shortText().describe("SHA-256 of the new file."),
    changed: listOf(shortText()).describe("Settings that are different now, by their dotted names."),
    applied: z.boolean().describe("Whether the gateway runs with the new file."),
    restartRequired: listOf(shortText()).describe("Settings that take effect with the next start."),
  })
  .meta({ id: "ConfigChange", description: "What a change of the configuration file has changed." });

const change = {
  ...common,
  auth: "config",
  result: ConfigChange,
  errors: ["invalid_config", "config_changed", "config_not_writable"],
} as const;

const rules =
  "Needs the shared secret or a key with `operator.config`, which `operator.admin` does not include. What starts programs (`tools.mcpServers.*.command`, `args`, `env` and `cwd`, `secrets`, `env`, `tools.exec`), `gateway.auth` and the address to listen on change in the file on disk only. A text `[redacted]` stands for the secret that is at its place now. 30 changes a minute.";

export const configSet = method({
  ...change,
  method: "config.set",
  summary: "Replace the configuration file",
  description: `Writes the file, if it is valid. It is applied unless \`gateway.reload.mode\` is \`off\`. ${rules}`,
  params: params({ raw: raw.describe("The new text, JSON5."), baseHash, dryRun }),
});

export const configPatch = method({
  ...change,
  method: "config.patch",
  summary: "Change settings in the configuration file",
  description: `Changes these settings in the text of the file, whose comments stay. ${rules}`,
  params: params({
    raw: raw.describe(
      "The settings to change, JSON5, in the structure of the file: `null` removes one. The members of a list of objects with an `id` are merged by it; any other list is replaced.",
    ),
    replacePaths: listOf(shortText())
      .optional()
      .describe("Dotted names of lists that are replaced instead of merged."),
    baseHash,
    dryRun,
  }),
});

export const configApply = method({
  ...change,
  method: "config.apply",
  summary: "Replace the configuration file and apply it",
  description: `Like \`config.set\`, and applied whatever \`gateway.reload.mode\` is. ${rules}`,
  params: params({ raw: raw.describe("The new text, JSON5."), baseHash, dryRun }),
});
