/** POST /hooks/agent and POST /hooks/wake: other programs start runs, and leave notices for a main session. */
import { z } from "zod";
import { endpoint, hooksPath } from "../endpoint.ts";
import { ThinkingLevel } from "../config/fields.ts";
import { limits, longText, shortText } from "../limits.ts";
import { RunReplyHeaders } from "./agent-headers.ts";
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
    "Id of the agent, one of `hooks.allowedAgentIds`. Case-insensitive. Default: the default agent. An unknown id is 404 `model_not_found`.",
  );
const WakeMode = z
  .enum(["now", "next-heartbeat"])
  .meta({ id: "HookWakeMode", description: "When OpenClaw lets the agent look at a notice." });
const SessionMode = z
  .enum(["isolated", "persistent"])
  .meta({ id: "HookSessionMode", description: "Whether the run has a session of its own." });
const destination = (what: string): z.ZodOptional<z.ZodNullable<z.ZodString>> =>
  shortText()
    .nullish()
    .describe(
      `${what} that OpenClaw delivers the answer to. The gateway has no chat apps: 400 unless \`deliver\` is false.`,
    );

const HookAgentRequest = z
  .object({
    message: longText()
      .regex(notBlank, "must not be blank")
      .describe("What the agent is asked. The agent is told that it comes from a program."),
    name: shortText()
      .min(1)
      .nullish()
      .describe("What the hook is called: label of the session, and part of its notice. Default: `Hook`."),
    agentId,
    sessionKey: z
      .string()
      .min(1)
      .max(limits.hookSessionKey)
      .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
      .nullish()
      .describe(
        "Name of the run instead of `hooks.defaultSessionKey`, or with `persistent` the key of the session. 400 unless `hooks.allowRequestSessionKey` is true and `hooks.allowedSessionKeyPrefixes` allow it.",
      ),
    sessionMode: SessionMode.nullish().describe(
      "`isolated`, the default: a new session. `persistent`: the session of `sessionKey` is continued; needs `sessionKey`, and a prefix in `hooks.allowedSessionKeyPrefixes`.",
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
      .describe("Longest time of the run, in seconds. At most that of the agent, which is the default."),
    waitForCompletion: z
      .boolean()
      .nullish()
      .describe("`true`: the response comes when the run has ended, and has `completion`. Default: at once."),
    deliver: z
      .boolean()
      .nullish()
      .describe(
        "`false`: a run that succeeds leaves no notice in the agent's main session. One that fails always does. Default: true.",
      ),
    channel: destination("Chat app"),
    to: destination("Recipient"),
    accountId: destination("Account of the chat app"),
    wakeMode: WakeMode.nullish().describe("Accepted, without effect: the gateway has no heartbeat."),
    idempotencyKey: idempotencyKey.nullish().describe("The same as the header `Idempotency-Key`."),
  })
  .meta({ id: "HookAgentRequest", description: "What the agent is asked, and how its run is made." });

const HookCompletion = z
  .object({
    status: z
      .enum(["ok", "error"])
      .meta({ id: "HookRunStatus", description: "Whether the run has succeeded." }),
    replyDisposition: z
      .enum(["visible", "empty"])
      .meta({ id: "HookReplyDisposition", description: "Whether the agent has answered with text." }),
    delivered: z.literal(false).describe("Always false: the gateway has no chat apps."),
    deliveryAttempted: z.literal(false).describe("Always false."),
  })
  .meta({ id: "HookCompletion", description: "How a run has ended. The answer is in its session." });

const HookAgentReply = z
  .object({
    ok: z.literal(true).describe("Always true."),
    runId: shortText().describe("Id of the run, in the log and for `agent.wait` of the socket."),
    completion: HookCompletion.optional(),
  })
  .meta({ id: "HookAgentReply", description: "The run that has begun." });

const HookWakeRequest = z
  .object({
    text: z
      .string()
      .max(limits.notice)
      .regex(notBlank, "must not be blank")
      .describe(
        `The notice, up to ${limits.notice.toLocaleString("en")} characters. The agent takes it as trusted: write it yourself, and pass on no text of strangers.`,
      ),
    mode: WakeMode.nullish().describe(
      "Returned, without another effect: the gateway has no heartbeat. Default: `now`.",
    ),
    agentId,
    sessionKey: shortText()
      .nullish()
      .describe("Not supported: 400. Notices are for the agent's main session."),
  })
  .meta({ id: "HookWakeRequest", description: "A notice for the main session of an agent." });

const HookWakeReply = z
  .object({
    ok: z.literal(true).describe("Always true."),
    mode: WakeMode.describe("`mode` of the request."),
    eventOutcome: z.enum(["queued", "coalesced"]).meta({
      id: "HookEventOutcome",
      description: "`coalesced`: the last notice that waits has the same text, and this one is not added.",
    }),
  })
  .meta({ id: "HookWakeReply", description: "The notice is stored." });

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
    "Starts a run of an agent, and answers before it has ended. A disconnect does not stop it. By default the run has a session of its own, and leaves the beginning of its answer as a notice in the agent's main session. 200 says that the request is accepted: a run that fails later is in the log, in its session and in the main session's notices.",
  auth: "run",
  headers: IdempotencyHeaders,
  body: HookAgentRequest,
  responses: { 200: HookAgentReply },
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape),
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
  summary: "Leave a notice for a main session",
  description: `Stores a notice for the main session of an agent, \`agent:<id>:main\`. The session's next run gets it before its question, once; no run is started. Up to ${limits.notices} notices wait for a session, for 30 days and across restarts; beyond that the oldest give way.`,
  auth: "write",
  body: HookWakeRequest,
  responses: { 200: HookWakeReply },
  errors: ["model_not_found", "unsupported_value", "storage_unavailable"],
});
