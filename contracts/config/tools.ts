/** `tools`: which tools agents may use. Global and per-agent rules have the same shape; each layer only restricts. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";
import { bytes, count, filePath, milliseconds, seconds } from "./fields.ts";
import { SecretText } from "./secret.ts";

const toolNames = (): z.ZodArray<z.ZodString> => listOf(shortText().min(1));

const rules = {
  profile: z
    .enum(["minimal", "coding", "messaging", "full"])
    .optional()
    .describe("Tools to start from; the lists below restrict them."),
  allow: toolNames().optional().describe("Only these tools: names, `group:*`, or `*`."),
  alsoAllow: toolNames()
    .optional()
    .describe("Tools in addition to `profile`. Cannot be combined with `allow`."),
  deny: toolNames().optional().describe("Never these tools. Overrides every list that allows."),
} as const;

const SandboxTools = z
  .strictObject({
    tools: z
      .strictObject({
        allow: toolNames().optional().describe("Only these tools."),
        alsoAllow: toolNames()
          .optional()
          .describe("Tools in addition to files, commands and sessions, which are allowed by default."),
        deny: toolNames().optional().describe("Never these tools."),
      })
      .optional()
      .describe("Which tools these agents have."),
  })
  .optional()
  .describe("Further restricts agents with `sandbox.mode`.");

export const ToolPolicy = z.strictObject({
  ...rules,
  sandbox: SandboxTools,
  byProvider: z
    .record(shortText().min(1), z.strictObject(rules))
    .optional()
    .describe("Further restrictions for one provider (`openai`) or model (`openai/gpt-4o`)."),
});

const Exec = z
  .strictObject({
    sandbox: z
      .enum(["off", "bwrap", "auto"])
      .default("off")
      .describe(
        "`off`: commands run with the permissions of the gateway's user. `bwrap`: they run in bubblewrap, see SECURITY.md, and fail if it is unavailable. `auto`: `bwrap` if available, else `off`; the log says which. If the gateway runs as root, sandboxed commands run as `sandboxUser`.",
      ),
    sandboxUser: z
      .union([z.int().min(1).max(4_294_967_294), z.string().min(1).max(64)])
      .default(65_534)
      .describe(
        "User of sandboxed commands when the gateway runs as root: a uid or a name, never root. A workspace that the gateway creates belongs to this user; an existing one keeps its owner and mode, so this user must be able to write to it.",
      ),
    timeoutSeconds: seconds().default(120).describe("Time limit of a command that sets none."),
    backgroundMs: milliseconds()
      .default(10_000)
      .describe(
        "Time after which a command moves to the background, in milliseconds, if the agent may use `process`.",
      ),
    maxOutputBytes: bytes()
      .default(1_048_576)
      .describe("Output of a command that is kept, in bytes: half from its start and half from its end."),
    pathPrepend: listOf(filePath()).default([]).describe("Folders to prepend to the PATH of commands."),
  })
  .prefault({})
  .describe("Settings of the tools `exec` and `process`.");

const Files = z
  .strictObject({
    workspaceOnly: z
      .boolean()
      .default(true)
      .describe("`false` lets the file tools access every file that the gateway's user can."),
  })
  .prefault({})
  .describe("Settings of the tools `read`, `write`, `edit` and `apply_patch`.");

const Web = z
  .strictObject({
    fetch: z
      .strictObject({
        maxChars: count().default(50_000).describe("Characters of a page that the agent receives."),
        maxBytes: bytes().default(5_000_000).describe("Largest page, in bytes; larger ones fail."),
        maxRedirects: z
          .int()
          .min(0)
          .max(20)
          .default(3)
          .describe("Redirects to follow; each target is checked."),
        timeoutSeconds: seconds().default(30).describe("Time limit of a fetch, in seconds."),
      })
      .prefault({})
      .describe("How a page is fetched."),
  })
  .prefault({})
  .describe("Settings of the tool `web_fetch`. It fetches public addresses only.");

const Sessions = z
  .strictObject({
    visibility: z
      .enum(["self", "tree", "agent", "all"])
      .default("agent")
      .describe(
        "Which sessions of the caller's credential the session tools show. `self`, `tree`: the session of the run. `agent`: those of the agent. `all`: those of every agent.",
      ),
  })
  .prefault({})
  .describe("Settings of the tools `session_status`, `sessions_list` and `sessions_history`.");

const mcpSettings = {
  startTimeoutSeconds: seconds()
    .default(20)
    .describe(
      "Time limit of the start, in seconds. A command that first downloads the server may need more.",
    ),
  timeoutSeconds: seconds().default(60).describe("Time limit of a tool call, in seconds."),
  toolFilter: z
    .strictObject({
      include: toolNames().optional().describe("Only these tools of the server: names or globs with `*`."),
      exclude: toolNames().optional().describe("Never these tools of the server."),
    })
    .optional()
    .describe("Which tools of the server exist here, by their own names."),
} as const;

/** Keys that other programs' lists of servers have. */
const mcpSwitches = {
  disabled: z.boolean().default(false).describe("`true` leaves the server out."),
  autoApprove: listOf(shortText())
    .optional()
    .describe("Accepted and ignored: tools run without approval. `tools.deny` leaves tools out."),
} as const;

const stdioTransport = z.enum(["stdio"]).optional();
const httpTransport = z.enum(["http", "streamable-http", "streamableHttp", "sse"]).optional();
const transportText = "Another name of `type`.";

const McpServer = z.union([
  z.strictObject({
    type: stdioTransport.describe("Optional: `command` implies it."),
    transport: stdioTransport.describe(transportText),
    command: filePath().describe("Program to start. It speaks MCP over stdin and stdout."),
    args: listOf(longText()).default([]).describe("Arguments of the program."),
    env: z
      .record(shortText().min(1), SecretText)
      .default({})
      .describe("Environment variables, in addition to PATH, HOME and the like. Values are secrets."),
    cwd: filePath().optional().describe("Working folder. Default: the gateway's."),
    ...mcpSettings,
    ...mcpSwitches,
  }),
  z.strictObject({
    type: httpTransport.describe(
      "Optional: with `url` alone, Streamable HTTP is tried first, then the older HTTP with SSE. `sse` speaks the latter only.",
    ),
    transport: httpTransport.describe(transportText),
    url: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL" })
      .max(2048)
      .meta({
        description: "HTTP endpoint of the server.",
        examples: ["https://mcp.example.com/mcp"],
      }),
    headers: z
      .record(shortText().min(1), SecretText)
      .default({})
      .describe("Headers of every request. Values are secrets."),
    ...mcpSettings,
    ...mcpSwitches,
  }),
]);

export const Tools = ToolPolicy.extend({
  profile: rules.profile
    .unwrap()
    .default("coding")
    .describe(
      "Tools to start from: `minimal`, `coding`, `messaging` (sessions and MCP servers) or `full`. The lists below restrict them.",
    ),
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
      "MCP servers by name, started on first use. Their tools are named `<server>__<tool>` and follow the same rules as all others. `mcpServers` at the top of the file, where other programs have it, is the same.",
    ),
})
  .prefault({})
  .describe("Tools for all agents.");
