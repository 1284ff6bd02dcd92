/** POST /tools/invoke: one tool of an agent, run without the agent. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { anyObject, listOf, longText, shortText } from "../limits.ts";
import { AgentHeaders, RunReplyHeaders } from "./agent-headers.ts";
import { idempotencyErrors, IdempotencyHeaders, IdempotencyReplyHeaders } from "./idempotency.ts";

const InvokeToolRequest = z
  .object({
    tool: shortText()
      .min(1)
      .nullish()
      .describe(
        "Name of the tool, in any case: one of the gateway's own, or `<server>__<tool>` of an MCP server. `bash` is another name of `exec`. Required, unless `name` is sent.",
      ),
    name: shortText().min(1).nullish().describe("Another name of `tool`."),
    action: shortText()
      .nullish()
      .describe(
        "Put into `args.action` when the tool has such an argument and `args` lacks it; else ignored.",
      ),
    args: anyObject().nullish().describe("Arguments of the tool; none unless sent."),
    agentId: shortText()
      .nullish()
      .describe(
        "Id of the agent whose tool, workspace and rules are meant, as in `x-openclaw-agent-id`; by default the agent of the session, or the default agent.",
      ),
    sessionKey: AgentHeaders.shape["x-openclaw-session-key"]
      .nullable()
      .describe("Key of the conversation that the tool is told of, as in `x-openclaw-session-key`."),
    dryRun: z
      .boolean()
      .nullish()
      .describe("`true`: everything is checked and nothing is run; the answer is the decision."),
  })
  .meta({ id: "InvokeToolRequest", description: "Which tool to run, for which agent, with what." });

const ResultPart = z
  .union([
    z.object({
      type: z.literal("text").describe("Always `text`."),
      text: longText().describe("What the agent would be told."),
    }),
    z.object({
      type: z.literal("image").describe("Always `image`."),
      data: longText().describe("The image, in base64."),
      mimeType: shortText().describe("Its type, for instance `image/png`."),
    }),
  ])
  .meta({ id: "ToolResultPart", description: "A text or an image." });

const Decision = z
  .object({
    allowed: z.boolean().describe("Whether the same request without `dryRun` would run the tool."),
    by: shortText()
      .optional()
      .describe("The setting that denies it, for instance `agents.list[1].tools.deny`."),
    message: longText().optional().describe("Why it is denied, and what would allow it."),
  })
  .meta({ id: "ToolDecision", description: "What the rules say about the tool." });

const Invocation = z
  .union([
    z.object({
      ok: z.literal(true).describe("Always true."),
      result: z
        .object({
          content: listOf(ResultPart).describe("What the agent would be shown."),
          details: anyObject()
            .optional()
            .describe("The same for programs, where the tool has it: an exit code, a list."),
        })
        .describe("What the tool answered."),
    }),
    z.object({
      ok: z.literal(true).describe("Always true."),
      dryRun: z.literal(true).describe("Always true."),
      decision: Decision,
    }),
  ])
  .meta({ id: "ToolInvocation", description: "The result of the tool, or with `dryRun` the decision." });

export const invokeTool = endpoint({
  id: "invokeTool",
  method: "post",
  path: "/tools/invoke",
  tag: "Tools",
  summary: "Run one tool",
  description:
    "Runs one of an agent's tools with the arguments you send, without asking a model. The rules of `tools` hold as they do when the agent runs; beyond them `exec`, `write`, `edit`, `apply_patch` and `process` are denied until `gateway.tools.allow` names them. A denied tool is told from an unknown one by its code, and the message names the setting that would allow it. The run takes no longer than the agent's `timeoutSeconds`. Closing the connection ends the tool and every process that it started.",
  auth: "tools",
  headers: AgentHeaders.pick({
    "x-openclaw-agent-id": true,
    "x-openclaw-agent": true,
    "x-openclaw-session-key": true,
  }).extend(IdempotencyHeaders.shape),
  body: InvokeToolRequest,
  bodyLimit: "gateway.tools.maxBodyBytes",
  reply: Invocation,
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape),
  errorShape: "ok",
  errors: [
    ...idempotencyErrors,
    "invalid_session_key",
    "model_not_found",
    "tool_not_found",
    "tool_denied",
    "tool_error",
    "run_timeout",
    "run_aborted",
    "storage_unavailable",
  ],
});
