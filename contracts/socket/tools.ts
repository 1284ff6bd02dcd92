/** Methods about tools: which there are, which an agent may use, and one of them run without the agent. */
import { z } from "zod";
import { invokeTool } from "../http/tools.ts";
import { anyObject, listOf, longText, shortText } from "../limits.ts";
import { agentId, givenKey, idempotencyKey, params } from "./fields.ts";
import { method } from "./method.ts";

const common = { tag: "Tools" } as const;

const toolName = shortText().describe("Its name.");

export const toolsCatalog = method({
  ...common,
  method: "tools.catalog",
  summary: "List the tools",
  description:
    "Every tool of an agent, whether or not it may use it. MCP servers that have not been started are started.",
  auth: "read",
  params: params({ agentId: agentId.optional() }),
  result: z
    .object({
      agentId: shortText().describe("Id of the agent."),
      tools: listOf(
        z.object({
          name: toolName,
          description: longText().describe("What it does, in the words that a model is given."),
          source: shortText().describe("`gateway`, or the name of an MCP server."),
          parameters: anyObject().describe("JSON Schema of its arguments."),
        }),
      ).describe("The tools."),
    })
    .meta({ id: "ToolCatalog", description: "The tools of an agent." }),
  errors: ["model_not_found"],
});

export const toolsEffective = method({
  ...common,
  method: "tools.effective",
  summary: "Which tools an agent may use",
  description:
    "Every tool of an agent with what the rules say about it in the agent's runs: for a denied one, which setting denies it and what would allow it.",
  auth: "read",
  params: params({
    agentId: agentId.optional(),
    sessionKey: givenKey().optional().describe("A session whose agent is meant."),
  }),
  result: z
    .object({
      agentId: shortText().describe("Id of the agent."),
      model: shortText().describe("The model that the rules are read for: the agent's first."),
      tools: listOf(
        z.object({
          name: toolName,
          allowed: z.boolean().describe("Whether the agent may use it."),
          by: shortText().optional().describe("The setting that denies it, for instance `tools.deny`."),
          message: longText().optional().describe("Why it is denied, and what would allow it."),
        }),
      ).describe("The tools."),
    })
    .meta({ id: "EffectiveTools", description: "What the rules say about the tools of an agent." }),
  errors: ["model_not_found", "invalid_session_key"],
});

const Part = z
  .object({
    type: z.enum(["text", "image"]).describe("`text` or `image`."),
    text: longText().optional().describe("The text."),
    data: longText().optional().describe("The image, in base64."),
    mimeType: shortText().optional().describe("Its type, for instance `image/png`."),
  })
  .meta({ id: "ToolOutputPart", description: "A text or an image." });

export const toolsInvoke = method({
  ...common,
  method: "tools.invoke",
  summary: "Run one tool",
  description:
    "Runs one tool without asking a model, as `POST /tools/invoke` does and by the same rules. What was begun goes on when the connection is lost: call again with the same key.",
  auth: invokeTool.auth,
  params: params({
    name: shortText().min(1).describe("Name of the tool, in any case. `bash` is another name of `exec`."),
    args: anyObject().optional().describe("Arguments of the tool; none unless sent."),
    action: shortText()
      .optional()
      .describe("Put into `args.action` when the tool has such an argument and `args` lacks it."),
    agentId: agentId.optional(),
    sessionKey: givenKey().optional().describe("Key of the conversation that the tool is told of."),
    idempotencyKey,
  }),
  result: z
    .object({
      ok: z.boolean().describe("False only for a call with the same key that still runs."),
      toolName,
      status: z.literal("in_flight").optional().describe("A call with the same key still runs; ask again."),
      output: z
        .object({
          content: listOf(Part).describe("What the agent would be shown."),
          details: anyObject().optional().describe("The same for programs, where the tool has it."),
        })
        .optional()
        .describe("What the tool answered."),
    })
    .meta({ id: "ToolResult", description: "What the tool answered." }),
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
