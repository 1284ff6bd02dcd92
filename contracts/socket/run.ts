/** `agent` and `agent.wait`: start a run and wait for one. */
import { z } from "zod";
import { createChatCompletion } from "../http/chat/endpoint.ts";
import { longText, shortText } from "../limits.ts";
import { attachments } from "./attachments.ts";
import {
  agentId,
  sessionId,
  sessionKeyInput,
  idempotencyKey,
  params,
  runId,
  sessionKey,
  thinkingLevel,
  time,
  usage,
} from "./fields.ts";
import { method } from "./method.ts";
import { runErrors } from "../run-errors.ts";

const common = { tag: "Runs" } as const;

/** Error codes of the methods that start a run. */
export const methodRunErrors = [
  ...runErrors,
  "unsupported_value",
  "idempotency_mismatch",
  "run_interrupted",
] as const;

/** Params of every method that starts a run. */
export const runParams = {
  agentId: agentId.optional(),
  message: longText().min(1).describe("Message to the agent."),
  attachments: attachments.optional(),
  model: shortText()
    .optional()
    .describe(
      "Model to use instead of the agent's own, `<provider>/<id>`. It must be one that the configuration lists for the agent.",
    ),
  thinking: thinkingLevel.optional().describe("How much the model reasons before it replies."),
  extraSystemPrompt: longText()
    .optional()
    .describe("Instructions for this run only, appended to the agent's own."),
  deliver: z.boolean().optional().describe("Accepted and ignored. The gateway has no delivery channels."),
  idempotencyKey,
} as const;

const RunMeta = z
  .object({
    durationMs: z.int().describe("Duration of the run, in milliseconds."),
    stopReason: z
      .enum(["stop", "length", "tool_calls", "content_filter"])
      .describe("Why the reply ended: complete, length limit, tool calls, or content filter."),
    agentMeta: z
      .object({
        agentId: shortText().describe("Id of the agent."),
        sessionKey: sessionKey(),
        model: shortText().optional().describe("The model of the last step, `<provider>/<id>`."),
        usage: usage.optional(),
      })
      .describe("The agent, the model and the token usage."),
  })
  .meta({ id: "RunMeta", description: "Metadata of a run." });

export const RunResult = z
  .object({
    runId: runId(),
    status: z
      .enum(["ok", "in_flight"])
      .describe(
        "`in_flight`: a call with the same key has not ended, and gets the reply. `agent.wait` waits for its end.",
      ),
    summary: shortText().describe("The status for people."),
    result: z
      .object({
        payloads: z
          .array(z.object({ text: longText().describe("Text of the reply.") }))
          .max(1)
          .describe("The reply. Empty when the agent wrote no text."),
        meta: RunMeta,
      })
      .optional()
      .describe("The result. Absent with `in_flight`."),
  })
  .meta({ id: "RunResult", description: "The run has completed, or another call waits for it." });

const RunAccepted = z
  .object({
    runId: runId(),
    status: z.literal("accepted").describe("Always `accepted`. The result follows with the same `id`."),
    sessionKey: sessionKey(),
    acceptedAt: time().describe("Unix time in milliseconds."),
  })
  .meta({
    id: "RunAccepted",
    description: "The run has started or is queued. It can be aborted from now on.",
  });

export const agent = method({
  ...common,
  method: "agent",
  summary: "Ask an agent",
  description:
    'Starts a run of an agent in a session, by default the agent\'s main session. **The gateway sends two responses with the same `id`**: one with `status: "accepted"` at once, and the result when the run has ended. Events report the progress. The run continues when the connection is lost: connect again and repeat the call with the same key.',
  auth: createChatCompletion.auth,
  params: params({
    ...runParams,
    sessionKey: sessionKeyInput().optional().describe("Key of the session. Default: `main`."),
    sessionId: sessionId
      .optional()
      .describe(
        "Without `sessionKey`: continues the conversation with this id, or the session `explicit:<sessionId>`. It is searched in the 2 000 most recently used sessions.",
      ),
    timeout: z
      .int()
      .min(1)
      .max(2_147_483)
      .optional()
      .describe("Time limit of the run, in seconds. A limit above the agent's own has no effect."),
  }),
  accepted: RunAccepted,
  result: RunResult,
  errors: methodRunErrors,
});

export const agentWait = method({
  ...common,
  method: "agent.wait",
  summary: "Wait for a run",
  description:
    "Returns when a run has ended, also a run that was started over HTTP, or after `timeoutMs`. The timeout does not stop the run. The gateway remembers the results of the last 1 000 runs. An unknown id is waited for.",
  auth: "follow",
  params: params({
    runId: shortText().min(1).describe("Id of the run."),
    timeoutMs: z
      .int()
      .min(0)
      .max(2_147_483_647)
      .optional()
      .describe("Maximum wait, in milliseconds. Default: 30 000."),
  }),
  result: z
    .object({
      runId: runId(),
      status: z
        .enum(["ok", "error", "timeout"])
        .describe("`timeout`: the run has not ended. Call again to wait longer."),
      sessionKey: sessionKey().optional(),
      startedAt: time()
        .optional()
        .describe("Start of the run, Unix time in milliseconds. Absent when it ended in the queue."),
      endedAt: time().optional().describe("End of the run, Unix time in milliseconds."),
      stopReason: shortText()
        .optional()
        .describe("Why it ended: `stop`, `length`, `tool_calls`, `content_filter`, `aborted`, `error`."),
      error: z.string().max(4096).optional().describe("Error message for people."),
      errorCode: shortText().optional().describe("Error code, the same as over HTTP."),
    })
    .meta({ id: "RunEnd", description: "How a run ended." }),
  errors: [],
});
