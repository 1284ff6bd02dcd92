/** Request headers that choose the agent, its conversation and its model; and what a run says back. */
import { z } from "zod";
import { limits, shortText } from "../limits.ts";

const visibleAscii = /^[!-~]+$/;

export const AgentHeaders = z.object({
  "x-openclaw-agent-id": shortText()
    .optional()
    .describe(
      "Id of the agent that answers, whatever `model` says. Case does not matter. An id that does not exist is 404 `model_not_found`.",
    ),
  "x-openclaw-agent": shortText()
    .optional()
    .describe("Older name of `x-openclaw-agent-id`, which wins when both are sent."),
  "x-openclaw-session-key": z
    .string()
    .min(1)
    .max(limits.sessionKey)
    .regex(visibleAscii, "must be visible ASCII without spaces")
    .optional()
    .describe(
      "Key of the conversation to continue or to begin: 1–256 visible ASCII characters, without spaces. A bare key belongs to the chosen agent; the full form is `agent:<id>:<key>`. Keys that begin with `subagent:`, `cron:`, `acp:` or `hook:`, and keys of another agent, are 400 `invalid_session_key`; so are, to a named key, `main`, `main:…` and `user:…` but for its own.",
    ),
  "x-openclaw-events": z
    .enum(["tools"])
    .optional()
    .describe(
      "`tools`: the activity of the agent's own tools is told too, in the field `openclaw` of chat chunks and replies, as `openclaw:tool_call` items of responses. Without it they work in silence.",
    ),
  "x-openclaw-model": shortText()
    .optional()
    .describe(
      "`<provider>/<model>` to answer with instead of the agent's own, where the agent's configuration allows it; otherwise 404 `model_not_found`.",
    ),
});

/** For what runs no conversation. */
export const AgentChoiceHeaders = AgentHeaders.pick({
  "x-openclaw-agent-id": true,
  "x-openclaw-agent": true,
  "x-openclaw-model": true,
});

export const RunReplyHeaders = z.object({
  "x-openclaw-agent-id": shortText().optional().describe("Id of the agent that answered."),
  "x-openclaw-session-key": shortText()
    .optional()
    .describe("Full key of the conversation, when one is stored: send it back to continue."),
});
