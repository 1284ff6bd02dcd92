/** `agents`: the agents and their defaults. */
import { z } from "zod";
import { listOf, longText, shortText } from "../limits.ts";
import { AgentId, count, filePath, ModelName, ModelRef, seconds, ThinkingLevel } from "./fields.ts";
import { ToolPolicy } from "./tools.ts";

const ModelChoice = z
  .union([
    ModelName,
    z.strictObject({
      primary: ModelName.describe("Model to try first."),
      fallbacks: listOf(ModelName).default([]).describe("Models to try next, in this order."),
    }),
  ])
  .meta({ id: "ModelChoice", description: "A model, or a model with fallbacks." });

const AllowedModels = z
  .record(ModelRef, z.strictObject({ alias: shortText().min(1).optional().describe("Short display name.") }))
  .meta({
    id: "AllowedModels",
    description: "Models by `<provider>/<model>`.",
    examples: [{ "builtin/assistant": { alias: "offline" } }],
  });

const ModelPolicy = z
  .strictObject({
    allow: listOf(ModelName)
      .default([])
      .describe(
        "Models that every caller may select, the operator included: `<provider>/<model>`, `<provider>/*` or an alias. Empty: those of `models`, and any for the operator.",
      ),
  })
  .optional()
  .describe("Which models callers may select.");

const Sandbox = z
  .strictObject({
    mode: z
      .enum(["off", "non-main", "all"])
      .optional()
      .describe(
        "`all` runs the agent's commands in bubblewrap, whatever `tools.exec.sandbox` says, and keeps its file tools in the workspace. `non-main` is the same.",
      ),
    workspaceAccess: z
      .enum(["none", "ro", "rw"])
      .optional()
      .describe(
        "With `mode`: what its tools may do with the workspace. `none`, the default: no file tools, and commands in an empty folder. `ro`: read. `rw`: read and write.",
      ),
    sessionToolsVisibility: z
      .enum(["spawned", "all"])
      .optional()
      .describe(
        "With `mode`: the sessions that its session tools show. `spawned`, the default: its own. `all`: those of `tools.sessions.visibility`.",
      ),
  })
  .optional();

const SessionHeaders = listOf(
  shortText()
    .regex(/^[A-Za-z0-9-]+$/, "must be the name of a header")
    .toLowerCase(),
);

const Defaults = z
  .strictObject({
    model: ModelChoice.default("builtin/assistant").describe(
      "Model as `<provider>/<model>`, or a model with fallbacks for failures of its provider.",
    ),
    models: AllowedModels.default({}).describe(
      "Other models that callers may select with `x-openclaw-model`, by `<provider>/<model>`.",
    ),
    modelPolicy: ModelPolicy,
    sandbox: Sandbox.describe("Isolation of the tools, key by key for every agent that sets none."),
    embeddingModel: ModelRef.default("builtin/embedding").describe(
      "Model of `POST /v1/embeddings`, as `<provider>/<model>`.",
    ),
    workspace: filePath()
      .optional()
      .describe(
        "Folder of the agent's tools. Default: `workspace` in the state folder for the default agent, `workspace-<id>` for the others. Created on first use.",
      ),
    workspacePerKey: z
      .boolean()
      .default(false)
      .describe(
        "Whether each named key without `operator.admin` has a workspace of its own, `keys/<name of the key>` in the folder of the agent. `AGENTS.md`, `SOUL.md`, `TOOLS.md` and `IDENTITY.md` remain those of the agent. File tools of a key stay in it. Commands stay in it only in a sandbox (`tools.exec.sandbox`).",
      ),
    instructions: longText().default("").describe("System prompt."),
    timeoutSeconds: seconds().default(600).describe("Longest run, in seconds."),
    maxSteps: count().default(32).describe("Model calls in one run."),
    contextTokens: count()
      .optional()
      .describe(
        "Longest conversation that a model gets, in estimated tokens. A summary replaces the oldest turns before it is longer. Limits `contextWindow` of the model too. Default: `contextWindow`; without one 128000 for sessions and response chains.",
      ),
    thinkingDefault: ThinkingLevel.optional().describe(
      "Reasoning effort for requests that set none. Default: the provider's choice.",
    ),
    sessionHeaders: SessionHeaders.default([]).describe(
      "Request headers of clients that name a conversation, such as `x-openwebui-chat-id`: the first one that a request has selects a stored session, unless it has a session key or continues a response. It goes before `user`.",
    ),
  })
  .prefault({})
  .describe("Defaults for every agent.");

const settings = {
  name: shortText().min(1).optional().describe("Display name."),
  description: z.string().max(4096).optional().describe("What the agent is for, in a sentence."),
  default: z
    .boolean()
    .default(false)
    .describe("Whether this agent serves requests that name none. Without one, the first agent does."),
  model: ModelChoice.optional().describe("Model, or model with fallbacks. Replaces the default."),
  models: AllowedModels.optional().describe("Other models that callers may select. Replaces the default."),
  modelPolicy: ModelPolicy.describe("Which models callers may select. Replaces the default."),
  sandbox: Sandbox.describe("Isolation of this agent's tools. Replaces the default key by key."),
  embeddingModel: ModelRef.optional().describe("Model for embeddings. Replaces the default."),
  instructions: longText().optional().describe("System prompt. Replaces the default."),
  workspace: filePath().optional().describe("Folder of this agent's tools. Replaces the default."),
  workspacePerKey: z
    .boolean()
    .optional()
    .describe("Whether each named key has a workspace of its own. Replaces the default."),
  tools: ToolPolicy.optional().describe("Further restricts the tools of this agent."),
  thinkingDefault: ThinkingLevel.optional().describe("Reasoning effort. Replaces the default."),
  sessionHeaders: SessionHeaders.optional().describe(
    "Request headers that name a conversation. Replaces the default; `[]` for an agent of side jobs.",
  ),
  timeoutSeconds: seconds().optional().describe("Longest run, in seconds."),
  maxSteps: count().optional().describe("Model calls in one run."),
  contextTokens: count()
    .optional()
    .describe("Longest conversation, in estimated tokens. Replaces the default."),
} as const;

export const Agents = z
  .strictObject({
    defaults: Defaults,
    list: listOf(z.strictObject({ id: AgentId, ...settings }))
      .optional()
      .describe("The agents. If empty, there is one agent, `main`."),
    entries: z
      .record(AgentId, z.strictObject(settings))
      .optional()
      .describe("Alternative to `list`: a map from agent id to settings."),
  })
  .transform(({ defaults, list, entries }) => ({
    defaults,
    /** `place` is the agent's path in the configuration file. */
    list: [
      ...(list ?? []).map((entry, index) => ({ ...entry, place: `agents.list[${index}]` })),
      ...Object.entries(entries ?? {}).map(([id, entry]) => ({
        id,
        ...entry,
        place: `agents.entries.${id}`,
      })),
    ],
  }))
  .prefault({})
  .describe("Agents.");
