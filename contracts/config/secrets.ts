/** `secrets`: where the secrets lie that the file only names. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";
import { filePath, milliseconds } from "./fields.ts";
import { SecretProviderName } from "./secret.ts";

const maxBytes = z.int().min(1).max(20_971_520).default(1_048_576);
const EnvName = z
  .string()
  .max(128)
  .regex(/^[A-Z_][A-Z0-9_]*$/, "must be the name of a variable");

/** One object and not a union: every source ignores the keys of the others. */
const SecretProvider = z
  .strictObject({
    source: z
      .enum(["env", "file", "exec", "store"])
      .describe(
        "`env`: variables. `file`: a file. `exec`: a program. `store`: OpenClaw's own store or one of its plugins; a reference to it is an error.",
      ),
    allowlist: listOf(EnvName).optional().describe("For `env`: the only variables that may be used."),
    path: filePath()
      .optional()
      .describe("For `file`: a file of the gateway's user that nobody else can read; not a link."),
    mode: z
      .enum(["json", "singleValue"])
      .default("json")
      .describe(
        "For `file`. `json`: an `id` is a JSON pointer. `singleValue`: the file is the secret, and its `id` is `value`.",
      ),
    maxBytes: maxBytes.describe("For `file`: largest file, in bytes."),
    command: z
      .string()
      .max(4096)
      .regex(/^\//, "must be an absolute path")
      .optional()
      .describe(
        "For `exec`: a program that only the gateway's user or root can change. It is started without a shell.",
      ),
    args: listOf(longText()).default([]).describe("For `exec`: arguments of the program."),
    env: z
      .record(EnvName, longText())
      .default({})
      .describe("For `exec`: variables of the program. It gets no others."),
    passEnv: listOf(EnvName).default([]).describe("For `exec`: variables of the gateway that it gets too."),
    jsonOnly: z
      .boolean()
      .default(true)
      .describe("For `exec`: `false` accepts text instead of JSON as the value of the only `id`."),
    trustedDirs: listOf(filePath()).optional().describe("For `exec`: folders that the program must be in."),
    maxOutputBytes: maxBytes.describe("For `exec`: longest output, in bytes."),
    timeoutMs: milliseconds().default(5_000).describe("For `exec`: time limit, in milliseconds."),
    noOutputTimeoutMs: milliseconds().optional().describe("Accepted; `timeoutMs` applies."),
  })
  .superRefine(({ source, path, command }, context) => {
    const require = (key: string, value: unknown): void => {
      if (value === undefined)
        context.addIssue({ code: "custom", path: [key], message: `is required for source "${source}"` });
    };
    if (source === "file") require("path", path);
    if (source === "exec") require("command", command);
  });
export type SecretProvider = z.output<typeof SecretProvider>;

export const Secrets = z
  .strictObject({
    providers: z
      .record(SecretProviderName, SecretProvider)
      .default({})
      .describe("Files and programs that have secrets, by name."),
    defaults: z
      .strictObject({
        env: shortText().optional().describe("For source `env`."),
        file: shortText().optional().describe("For source `file`."),
        exec: shortText().optional().describe("For source `exec`."),
        store: shortText().optional().describe("For source `store`."),
      })
      .prefault({})
      .describe("Provider of references that name none, by source."),
  })
  .prefault({})
  .describe("Where secrets lie that the file only names.");
