/** Methods that list the tools of an agent and invoke one. */
import { z } from "zod";
import { invokeTool } from "../http/tools.ts";
import { anyObject, listOf, longText, shortText } from "../limits.ts";
import { agentId, sessionKeyInput, idempotencyKey, noParams, params } from "./fields.ts";
import { method } from "./method.ts";

const common = { tag: "Tools" } as const;

const toolName = shortText().describe("Name of the tool.");

export const toolsCatalog = method({
  ...common,
  method: "tools.catalog",
  summary: "List the tools",
  description:
    "Every tool of an agent, also those that the policy denies. Starts the MCP servers of the agent.",
  auth: "read",
  params: params({ agentId: agentId.optional() }),
  result: z
    .object({
      agentId: shortText().describe("Id of the agent."),
      tools: listOf(
        z.object({
          name: toolName,
          description: longText().describe("Description, as models receive it."),
          source: shortText().describe("`gateway`, or the name of the MCP server."),
          parameters: anyObject().describe("JSON Schema of the arguments."),
        }),
      ).describe("The tools."),
    })
    .meta({ id: "ToolCatalog", description: "The tools of an agent." }),
  errors: ["model_not_found"],
});

export const toolsEffective = method({
  ...common,
  method: "tools.effective",
  summary: "List the allowed tools",
  description:
    "Every tool of an agent, with the decision of the tool policy for the agent's runs. A denied tool has the setting that denies it and what would allow it.",
  auth: "read",
  params: params({
    agentId: agentId.optional(),
    sessionKey: sessionKeyInput().optional().describe("A session. Its agent is used."),
  }),
  result: z
    .object({
      agentId: shortText().describe("Id of the agent."),
      model: shortText().describe("The model that the policy is evaluated for: the agent's primary model."),
      tools: listOf(
        z.object({
          name: toolName,
          allowed: z.boolean().describe("Whether the agent may use it."),
          by: shortText().optional().describe("The setting that denies it, for instance `tools.deny`."),
          message: longText().optional().describe("Why the tool is denied, and what would allow it."),
        }),
      ).describe("The tools."),
    })
    .meta({ id: "EffectiveTools", description: "Policy decisions for the tools of an agent." }),
  errors: ["model_not_found", "invalid_session_key"],
});

export const mcpList = method({
  ...common,
  method: "mcp.list",
  summary: "List the MCP servers",
  description:
    "Every configured MCP server and its state. A server starts when one of its tools is needed; `tools.catalog` starts all of them.",
  auth: "read",
  params: noParams,
  result: z
    .object({
      servers: listOf(
        z
          .object({
            name: shortText().describe("Name of the server in `tools.mcpServers`."),
            state: z
              .enum(["idle", "running", "down"])
              .describe(
                "`idle`: it was not needed yet. `down`: it has failed, and is tried again when needed.",
              ),
            tools: listOf(shortText()).describe("The tools that it listed last, by their names for models."),
            problem: longText().optional().describe("With `down`: why, as a sentence."),
          })
          .meta({ id: "McpServer", description: "An MCP server." }),
      ).describe("The servers, in the order of the configuration."),
    })
    .meta({ id: "McpServers", description: "The MCP servers." }),
  errors: [],
});

const Part = z
  .object({
    type: z.enum(["text", "image"]).describe("`text` or `image`."),
    text: longText().optional().describe("The text."),
    data: longText().optional().describe("The image, in base64."),
    mimeType: shortText().optional().describe("Media type, for example `image/png`."),
  })
  .meta({ id: "ToolOutputPart", description: "A text or an image." });

export const toolsInvoke = method({
  ...common,
  method: "tools.invoke",
  summary: "Run one tool",
  description:
    "Runs one tool without a model, under the same policy as `POST /tools/invoke`. The tool continues when the connection is lost: connect again and repeat the call with the same key.",
  auth: invokeTool.auth,
  params: params({
    name: shortText().min(1).describe("Name of the tool, case-insensitive. `bash` is an alias of `exec`."),
    args: anyObject().optional().describe("Arguments of the tool. Default: none."),
    action: shortText()
      .optional()
      .describe("Value for `args.action`, when the tool has such an argument and `args` does not set it."),
    agentId: agentId.optional(),
    sessionKey: sessionKeyInput().optional().describe("Key of the session that the tool runs in."),
    idempotencyKey,
  }),
  result: z
    .object({
      ok: z.boolean().describe('False only with `status: "in_flight"`.'),
      toolName,
      status: z
        .literal("in_flight")
        .optional()
        .describe("A call with the same key has not ended. Call again later."),
      output: z
        .object({
          content: listOf(Part).describe("The output that a model would receive."),
          details: anyObject().optional().describe("Structured output. Absent when the tool has none."),
        })
        .optional()
        .describe("The output of the tool."),
    })
    .meta({ id: "ToolResult", description: "The output of the tool." }),
  errors: [
    "invalid_session_key",
    "idempotency_mismatch",
    "model_not_found",
    "tool_not_found",
    "tool_denied",
    "tool_error",
    "run_timeout",
    "run_aborted",
    "storage_unavailable",
  ],
});
