/** `agent` and `agent.wait`: one turn of an agent, and the wait for one. */
import { z } from "zod";
import { createChatCompletion } from "../http/chat/endpoint.ts";
import { longText, shortText } from "../limits.ts";
import { attachments } from "./attachments.ts";
import {
  agentId,
  givenKey,
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

/** What a run may fail with, whichever method began it. */
export const methodRunErrors = [
  ...runErrors,
  "unsupported_value",
  "idempotency_mismatch",
  "run_interrupted",
] as const;

/** Parameters of every method that begins a run. */
export const runParams = {
  agentId: agentId.optional(),
  message: longText().min(1).describe("What is said to the agent."),
  attachments: attachments.optional(),
  model: shortText()
    .optional()
    .describe(
      "Another model than the agent's own, `<provider>/<id>`: one of those that the configuration lists for it.",
    ),
  thinking: thinkingLevel.optional().describe("How much the model reasons before it answers."),
  extraSystemPrompt: longText()
    .optional()
    .describe("Goes after the agent's own instructions, in this run alone."),
  deliver: z.boolean().optional().describe("Accepted and ignored: there are no channels to deliver to."),
  idempotencyKey,
} as const;

const RunMeta = z
  .object({
    durationMs: z.int().describe("How long it took, in milliseconds."),
    stopReason: z
      .enum(["stop", "length", "tool_calls", "content_filter"])
      .describe("Why the answer ends: it is complete, it reached a limit, or a filter cut it."),
    agentMeta: z
      .object({
        agentId: shortText().describe("Id of the agent."),
        sessionKey: sessionKey(),
        model: shortText().optional().describe("The model that answered, `<provider>/<id>`."),
        usage: usage.optional(),
      })
      .describe("By whom, and at what cost."),
  })
  .meta({ id: "RunMeta", description: "How a run went." });

export const RunResult = z
  .object({
    runId: runId(),
    status: z
      .enum(["ok", "in_flight"])
      .describe(
        "`in_flight`: a call with the same key still runs, and has the answer; `agent.wait` waits for its end.",
      ),
    summary: shortText().describe("The same for people."),
    result: z
      .object({
        payloads: z
          .array(z.object({ text: longText().describe("What the agent said.") }))
          .max(1)
          .describe("The answer; none for a run that said nothing."),
        meta: RunMeta,
      })
      .optional()
      .describe("The answer; absent with `in_flight`."),
  })
  .meta({ id: "RunResult", description: "A run has ended well, or another call has it." });

const RunAccepted = z
  .object({
    runId: runId(),
    status: z.literal("accepted").describe("Always `accepted`: the result comes under the same id."),
    sessionKey: sessionKey(),
    acceptedAt: time().describe("Unix time in milliseconds."),
  })
  .meta({
    id: "RunAccepted",
    description: "The run has begun, or waits for its turn. It can be aborted from now on.",
  });

export const agent = method({
  ...common,
  method: "agent",
  summary: "Ask an agent",
  description:
    'Runs one turn of an agent in a session: the main one of the agent unless you name another. **It answers twice with the same id**: at once with `status: "accepted"`, and with the result when the run has ended; events tell what happens in between. A run that was begun goes on when the connection is lost: connect again, and call again with the same key.',
  auth: createChatCompletion.auth,
  params: params({
    ...runParams,
    sessionKey: givenKey().optional().describe("Key of the session; by default `main`."),
    timeout: z
      .int()
      .min(1)
      .max(2_147_483)
      .optional()
      .describe("Longest run, in seconds, where that is less than the agent's own limit."),
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
    "Answers when a run has ended, one of HTTP too, or when you have waited for long enough; that stops no run. The gateway remembers the ends of the last 1 000 runs. A run that is not known yet is waited for.",
  auth: "follow",
  params: params({
    runId: shortText().min(1).describe("Id of the run."),
    timeoutMs: z
      .int()
      .min(0)
      .max(2_147_483_647)
      .optional()
      .describe("Longest wait, in milliseconds. Default: 30 000."),
  }),
  result: z
    .object({
      runId: runId(),
      status: z.enum(["ok", "error", "timeout"]).describe("`timeout`: it has not ended; wait again."),
      sessionKey: sessionKey().optional(),
      startedAt: time().optional().describe("When its turn came: Unix time in milliseconds."),
      endedAt: time().optional().describe("When it ended: Unix time in milliseconds."),
      stopReason: shortText()
        .optional()
        .describe("Why it ended: `stop`, `length`, `tool_calls`, `content_filter`, `aborted`, `error`."),
      error: z.string().max(4096).optional().describe("What went wrong, for people."),
      errorCode: shortText().optional().describe("The code of that, as HTTP has it."),
    })
    .meta({ id: "RunEnd", description: "How a run ended." }),
  errors: [],
});
