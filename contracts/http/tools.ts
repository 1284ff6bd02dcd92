/** POST /tools/invoke: runs one tool of an agent without the agent. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { anyObject, listOf, longText, shortText } from "../limits.ts";
import { AgentHeaders, RunReplyHeaders } from "./agent-headers.ts";
import { RateLimitHeaders } from "./rate-limits.ts";
import {
  idempotencyErrors,
  idempotencyKey,
  IdempotencyHeaders,
  IdempotencyReplyHeaders,
} from "./idempotency.ts";

const InvokeToolRequest = z
  .object({
    tool: shortText()
      .min(1)
      .nullish()
      .describe(
        "Name of the tool, case-insensitive: one of the gateway's own, or `<server>__<tool>` of an MCP server. `bash` is an alias of `exec`. Required unless `name` is sent.",
      ),
    name: shortText().min(1).nullish().describe("Alias of `tool`."),
    action: shortText()
      .nullish()
      .describe("Sets `args.action` if the tool has that argument and `args` does not; otherwise ignored."),
    args: anyObject().nullish().describe("Arguments of the tool. Default: none."),
    agentId: shortText()
      .nullish()
      .describe(
        "Id of the agent whose tools, workspace and policy apply, as in `x-openclaw-agent-id`. Default: the agent of the session, or the default agent.",
      ),
    sessionKey: AgentHeaders.shape["x-openclaw-session-key"]
      .nullable()
      .describe("Key of the session that is passed to the tool, as in `x-openclaw-session-key`."),
    idempotencyKey: idempotencyKey.nullish().describe("The same as the header `Idempotency-Key`."),
    dryRun: z
      .boolean()
      .nullish()
      .describe("`true`: checks the call without running it and returns the decision."),
  })
  .meta({ id: "InvokeToolRequest", description: "The tool to run, its agent and its arguments." });

const ResultPart = z
  .discriminatedUnion("type", [
    z
      .object({
        type: z.literal("text").describe("Always `text`."),
        text: longText().describe("The text that the agent would receive."),
      })
      .meta({ id: "ToolResultText", description: "A text." }),
    z
      .object({
        type: z.literal("image").describe("Always `image`."),
        data: longText().describe("The image, in base64."),
        mimeType: shortText().describe("MIME type, for example `image/png`."),
      })
      .meta({ id: "ToolResultImage", description: "An image." }),
  ])
  .meta({ id: "ToolResultPart", description: "A text or an image." });

const Decision = z
  .object({
    allowed: z.boolean().describe("Whether the request without `dryRun` would run the tool."),
    by: shortText()
      .optional()
      .describe("The setting that denies it, for example `agents.list[1].tools.deny`."),
    message: longText().optional().describe("Why it is denied, and what would allow it."),
  })
  .meta({ id: "ToolDecision", description: "The policy's decision about the tool." });

const Invocation = z
  .discriminatedUnion("type", [
    z
      .object({
        ok: z.literal(true).describe("Always true."),
        type: z.literal("result").describe("Always `result`."),
        result: z
          .object({
            content: listOf(ResultPart).describe("The content that the agent would receive."),
            details: anyObject()
              .optional()
              .describe("Structured output, if the tool has it: an exit code, a list."),
          })
          .meta({ id: "ToolResult", description: "The result of the tool." }),
      })
      .meta({ id: "ToolExecution", description: "The tool has run." }),
    z
      .object({
        ok: z.literal(true).describe("Always true."),
        type: z.literal("decision").describe("Always `decision`."),
        dryRun: z.literal(true).describe("Always true."),
        decision: Decision,
      })
      .meta({
        id: "ToolDryRun",
        description: "The answer to a request with `dryRun`: the tool has not run.",
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
    "Runs one of an agent's tools with the given arguments, without a model. The policy in `tools` applies as it does to the agent. In addition `exec`, `write`, `edit`, `apply_patch` and `process` are denied unless `gateway.tools.allow` names them. A denied tool is `tool_denied`, an unknown one `tool_not_found`; the message names the setting that would allow it. The limit is the agent's `timeoutSeconds`. Closing the connection stops the tool and every process that it started.",
  auth: "tools",
  headers: AgentHeaders.pick({
    "x-openclaw-agent-id": true,
    "x-openclaw-agent": true,
    "x-openclaw-session-key": true,
  }).extend(IdempotencyHeaders.shape),
  body: InvokeToolRequest,
  bodyLimit: "gateway.tools.maxBodyBytes",
  responses: { 200: Invocation },
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape).extend(RateLimitHeaders.shape),
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
