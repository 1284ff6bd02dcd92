/** POST /hooks/agent and POST /hooks/wake: other programs start runs, and queue system events for a main session. */
import { z } from "zod";
import { endpoint, hooksPath } from "../endpoint.ts";
import { ThinkingLevel } from "../config/fields.ts";
import { limits, longText, shortText } from "../limits.ts";
import { RunReplyHeaders } from "./agent-headers.ts";
import { RateLimitHeaders } from "./rate-limits.ts";
import {
  idempotencyErrors,
  idempotencyKey,
  IdempotencyHeaders,
  IdempotencyReplyHeaders,
} from "./idempotency.ts";

const notBlank = /\S/;
const agentId = shortText()
  .min(1)
  .nullish()
  .describe(
    "Id of the agent, one of `hooks.allowedAgentIds`. Case-insensitive. Default: the default agent of hooks. An unknown id gets 404 `model_not_found`.",
  );
const WakeMode = z
  .enum(["now", "next-heartbeat"])
  .meta({ id: "HookWakeMode", description: "When OpenClaw wakes the agent for a system event." });
const SessionMode = z
  .enum(["isolated", "persistent"])
  .meta({ id: "HookSessionMode", description: "Whether the run creates a session or continues one." });
const destination = (what: string): z.ZodOptional<z.ZodNullable<z.ZodString>> =>
  shortText()
    .nullish()
    .describe(
      `${what} to which OpenClaw delivers the answer. This gateway has no chat apps: 400 unless \`deliver\` is false.`,
    );

const HookAgentRequest = z
  .object({
    message: longText()
      .regex(notBlank, "must not be blank")
      .describe("The message for the agent. The instructions of the run say that a program has sent it."),
    name: shortText()
      .min(1)
      .nullish()
      .describe(
        "Name of the hook: the label of the session, and a part of the system event. Default: `Hook`.",
      ),
    agentId,
    sessionKey: z
      .string()
      .min(1)
      .max(limits.hookSessionKey)
      .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
      .nullish()
      .describe(
        'Replaces `hooks.defaultSessionKey`. With `sessionMode: "persistent"` it is the key of the session. 400 unless `hooks.allowRequestSessionKey` is true and `hooks.allowedSessionKeyPrefixes` has a matching prefix or is empty.',
      ),
    sessionMode: SessionMode.nullish().describe(
      "`isolated`, the default: the run has a new session. `persistent`: the run continues the session of `sessionKey`; requires `sessionKey`, and a prefix in `hooks.allowedSessionKeyPrefixes`.",
    ),
    model: shortText()
      .min(1)
      .nullish()
      .describe(
        "`<provider>/<model>` to use instead of the agent's own model, if the agent's configuration allows it.",
      ),
    thinking: ThinkingLevel.nullish().describe("How much the model reasons before it replies."),
    timeoutSeconds: z
      .number()
      .min(1)
      .max(limits.count)
      .nullish()
      .describe("Time limit of the run, in seconds. The agent's own limit is the default and the maximum."),
    waitForCompletion: z
      .boolean()
      .nullish()
      .describe(
        "`true`: the response is sent when the run has ended, and has `completion`. Default: it is sent at once.",
      ),
    deliver: z
      .boolean()
      .nullish()
      .describe(
        "`false`: a run that succeeds queues no system event for the agent's main session. A run that fails always queues one. Default: true.",
      ),
    channel: destination("Chat app"),
    to: destination("Recipient"),
    accountId: destination("Account of the chat app"),
    wakeMode: WakeMode.nullish().describe("Accepted, without effect: the gateway has no heartbeat."),
    idempotencyKey: idempotencyKey.nullish().describe("The same as the header `Idempotency-Key`."),
  })
  .meta({ id: "HookAgentRequest", description: "A message for an agent, and the settings of its run." });

const HookCompletion = z
  .object({
    status: z.enum(["ok", "error"]).meta({ id: "HookRunStatus", description: "Whether the run succeeded." }),
    replyDisposition: z
      .enum(["visible", "empty"])
      .meta({ id: "HookReplyDisposition", description: "Whether the answer has text." }),
    delivered: z.literal(false).describe("Always false: this gateway has no chat apps."),
    deliveryAttempted: z.literal(false).describe("Always false."),
  })
  .meta({ id: "HookCompletion", description: "How the run ended. The answer is in its session." });

const HookAgentReply = z
  .object({
    ok: z.literal(true).describe("Always true."),
    runId: shortText().describe("Id of the run, in the log and for `agent.wait` of the socket."),
    completion: HookCompletion.optional(),
  })
  .meta({ id: "HookAgentReply", description: "The run that was started." });

const HookWakeRequest = z
  .object({
    text: z
      .string()
      .max(limits.systemEvent)
      .regex(notBlank, "must not be blank")
      .describe(
        `The system event, up to ${limits.systemEvent.toLocaleString("en")} characters. The agent trusts it: do not include text from strangers.`,
      ),
    mode: WakeMode.nullish().describe(
      "Returned, without further effect: this gateway has no heartbeat. Default: `now`.",
    ),
    agentId,
    sessionKey: shortText()
      .nullish()
      .describe("Not supported: 400. System events are for the main session of the agent."),
  })
  .meta({ id: "HookWakeRequest", description: "A system event for the main session of an agent." });

const HookWakeReply = z
  .object({
    ok: z.literal(true).describe("Always true."),
    mode: WakeMode.describe("`mode` of the request."),
    eventOutcome: z.enum(["queued", "coalesced"]).meta({
      id: "HookEventOutcome",
      description:
        "`queued`: the system event waits for the next run. `coalesced`: the last system event that waits has the same text, and no further one is stored.",
    }),
  })
  .meta({ id: "HookWakeReply", description: "The system event is stored." });

const shared = {
  method: "post",
  tag: "Hooks",
  pathSetting: "hooks.path",
  credential: "hook",
  enabledBy: ["hooks.enabled"],
  bodyLimit: "hooks.maxBodyBytes",
  errorShape: "ok",
} as const;

export const runHook = endpoint({
  ...shared,
  id: "runHook",
  path: `${hooksPath}/agent`,
  summary: "Start a run",
  description:
    "Starts a run of an agent. The response does not wait for its end, and a disconnect does not stop it. By default the run has a session of its own, and queues the beginning of its answer as a system event for the agent's main session. 200 means that the request is accepted. A run that fails later is reported in the log and as a system event.",
  auth: "run",
  headers: IdempotencyHeaders,
  body: HookAgentRequest,
  responses: { 200: HookAgentReply },
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape).extend(RateLimitHeaders.shape),
  errors: [
    ...idempotencyErrors,
    "invalid_session_key",
    "model_not_found",
    "unsupported_value",
    "storage_unavailable",
  ],
});

export const wakeSession = endpoint({
  ...shared,
  id: "wakeSession",
  path: `${hooksPath}/wake`,
  summary: "Queue a system event for a main session",
  description: `Stores a system event for the main session of an agent, \`agent:<id>:main\`. The next run of the session gets it once, before its question. No run is started. Up to ${limits.systemEvents} system events wait for a session, for 30 days and across restarts; a further one replaces the oldest.`,
  auth: "write",
  body: HookWakeRequest,
  responses: { 200: HookWakeReply },
  errors: ["model_not_found", "unsupported_value", "storage_unavailable"],
});
