/** Request headers that select the agent, the session and the model, and the response headers of a run. */
import { z } from "zod";
import { limits, shortText } from "../limits.ts";

const visibleAscii = /^[!-~]+$/;

export const AgentHeaders = z.object({
  "x-openclaw-agent-id": shortText()
    .optional()
    .describe(
      "Id of the agent. It takes precedence over `model`. Case-insensitive. An unknown id is 404 `model_not_found`.",
    ),
  "x-openclaw-agent": shortText()
    .optional()
    .describe("Deprecated name of `x-openclaw-agent-id`, which takes precedence when both are sent."),
  "x-openclaw-session-key": z
    .string()
    .min(1)
    .max(limits.fullSessionKey)
    .regex(visibleAscii, "must be visible ASCII without spaces")
    .optional()
    .describe(
      `Key of the session to continue or to create: 1–${limits.sessionKey} visible ASCII characters, without spaces. A bare key belongs to the selected agent; the full form is \`agent:<id>:<key>\`. For a named key without \`operator.admin\` the full form is \`agent:<id>:key:<name of the key>:<key>\`: its sessions have names of their own. Keys that begin with \`subagent:\`, \`cron:\`, \`acp:\`, \`hook:\`, \`conv:\` without the id of a conversation or another \`key:\`, and keys of another agent, are 400 \`invalid_session_key\`.`,
    ),
  "x-openclaw-events": z
    .enum(["tools"])
    .optional()
    .describe(
      "`tools`: includes the activity of the agent's own tools, in the field `openclaw` of chat chunks and replies, and as `openclaw:tool_call` items of responses. Without this header that activity is not sent.",
    ),
  "x-openclaw-model": shortText()
    .optional()
    .describe(
      "`<provider>/<model>` to use instead of the agent's own model, if the agent's configuration allows it; otherwise 404 `model_not_found`.",
    ),
});

/** The headers of operations without a session. */
export const AgentChoiceHeaders = AgentHeaders.pick({
  "x-openclaw-agent-id": true,
  "x-openclaw-agent": true,
  "x-openclaw-model": true,
});

export const RunReplyHeaders = z.object({
  "x-openclaw-agent-id": shortText().optional().describe("Id of the agent that answered."),
  "x-openclaw-session-key": shortText()
    .optional()
    .describe("Full key of the session, when the conversation is stored. Send it to continue the session."),
});
