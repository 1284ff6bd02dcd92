/** `tools`: which tools agents may use. The same shape stands globally and per agent; each layer can only narrow. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";
import { bytes, count, filePath, milliseconds, seconds } from "./fields.ts";
import { SecretText } from "./secret.ts";

const names = (): z.ZodArray<z.ZodString> => listOf(shortText().min(1));

const rules = {
  profile: z
    .enum(["minimal", "coding", "full"])
    .optional()
    .describe("Tools to start from; the lists below narrow it."),
  allow: names().optional().describe("Only these tools. Names, `group:*`, or `*`."),
  alsoAllow: names()
    .optional()
    .describe("Tools in addition to those of `profile`; not together with `allow`."),
  deny: names().optional().describe("Never these tools; stronger than any list that allows."),
} as const;

export const ToolPolicy = z.strictObject({
  ...rules,
  byProvider: z
    .record(shortText().min(1), z.strictObject(rules))
    .optional()
    .describe("Rules for one provider (`openai`) or model (`openai/gpt-4o`), which narrow further."),
});

const Exec = z
  .strictObject({
    sandbox: z
      .enum(["off", "bwrap", "auto"])
      .default("off")
      .describe(
        "`off`: commands have the rights of whoever runs the gateway. `bwrap`: they run in bubblewrap, see SECURITY.md, and fail where it does not work. `auto`: `bwrap` where it works, else `off`; the log says which.",
      ),
    timeoutSeconds: seconds().default(120).describe("Longest run of a command that sets no time itself."),
    backgroundMs: milliseconds()
      .default(10_000)
      .describe("A command that runs longer goes on in the background, if the agent may use `process`."),
    maxOutputBytes: bytes()
      .default(1_048_576)
      .describe(
        "Output of one command that is kept, half from its beginning and half from its end; the rest is dropped.",
      ),
    pathPrepend: listOf(filePath()).default([]).describe("Folders put before the PATH of commands."),
  })
  .prefault({})
  .describe("Commands: the tools `exec` and `process`.");

const Files = z
  .strictObject({
    workspaceOnly: z
      .boolean()
      .default(true)
      .describe("Off: the file tools reach every file that the gateway's user may."),
  })
  .prefault({})
  .describe("Files: the tools `read`, `write`, `edit` and `apply_patch`.");

const Web = z
  .strictObject({
    fetch: z
      .strictObject({
        maxChars: count().default(50_000).describe("Characters of one page that the agent is given."),
        maxBytes: bytes().default(5_000_000).describe("Size of one page; beyond it the fetch fails."),
        maxRedirects: z
          .int()
          .min(0)
          .max(20)
          .default(3)
          .describe("Redirects that are followed, each checked anew."),
        timeoutSeconds: seconds().default(30).describe("Longest fetch."),
      })
      .prefault({}),
  })
  .prefault({})
  .describe("The tool `web_fetch`. It reaches public addresses only.");

const Sessions = z
  .strictObject({
    visibility: z
      .enum(["self", "tree", "agent", "all"])
      .default("agent")
      .describe(
        "Which sessions the session tools show, always of the caller's own credential only: `self` and `tree` the one of the run, `agent` those of the agent, `all` those of every agent.",
      ),
  })
  .prefault({})
  .describe("The tools `session_status`, `sessions_list` and `sessions_history`.");

const mcpTimes = {
  startTimeoutSeconds: seconds()
    .default(20)
    .describe("Longest start. One that first downloads the server may need more."),
  timeoutSeconds: seconds().default(60).describe("Longest call of one of its tools."),
} as const;

const McpServer = z.union([
  z.strictObject({
    type: z.enum(["stdio"]).optional().describe("Follows from `command`."),
    command: filePath().describe("Program to start; it speaks MCP on stdin and stdout."),
    args: listOf(longText()).default([]).describe("Its arguments."),
    env: z
      .record(shortText().min(1), SecretText)
      .default({})
      .describe("Its environment, besides PATH, HOME and the like; values are treated as secrets."),
    cwd: filePath().optional().describe("Folder it is started in; by default the gateway's."),
    ...mcpTimes,
  }),
  z.strictObject({
    type: z.enum(["http", "streamable-http"]).optional().describe("Follows from `url`."),
    url: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL" })
      .max(2048)
      .describe("Its streamable HTTP endpoint."),
    headers: z
      .record(shortText().min(1), SecretText)
      .default({})
      .describe("Headers of every request; values are treated as secrets."),
    ...mcpTimes,
  }),
]);

export const Tools = ToolPolicy.extend({
  profile: rules.profile
    .unwrap()
    .default("coding")
    .describe("Tools to start from: `minimal`, `coding` or `full`; the lists below narrow it."),
  exec: Exec,
  fs: Files,
  web: Web,
  sessions: Sessions,
  mcpServers: z
    .record(
      z
        .string()
        .max(32)
        .regex(
          /^[a-zA-Z0-9](?:[a-zA-Z0-9-]|_(?!_|$))*$/,
          "must be letters, digits, - and single _ between them",
        ),
      McpServer,
    )
    .default({})
    .describe(
      "MCP servers by name, started when first needed. Their tools are called `<server>__<tool>` and stand under the same rules as all others.",
    ),
})
  .prefault({})
  .describe("Tools for all agents.");
