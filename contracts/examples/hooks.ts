/** Examples of the hooks. */
import { examplesFor } from "../endpoint.ts";
import { runHook, wakeSession } from "../http/hooks.ts";

const unknownAgent = {
  code: "model_not_found",
  message: 'No agent "nobody" for hooks. Agents of hooks: main, coder.',
  param: "agentId",
} as const;

export const hookRun = examplesFor(
  runHook,
  [
    {
      title: "Start a run",
      request: { body: { message: "A build has failed: look into it.", name: "CI", agentId: "coder" } },
      model: [{ text: "The test of the parser fails." }],
      reply: { ok: true, runId: "hook_1" },
      replyHeaders: { "x-openclaw-agent-id": "coder", "x-openclaw-session-key": "agent:coder:hook:1" },
    },
    {
      title: "Start a run and wait for its end",
      request: {
        body: {
          message: "Sort the new tickets.",
          sessionMode: "isolated",
          wakeMode: "next-heartbeat",
          deliver: false,
          waitForCompletion: true,
        },
      },
      model: [{ text: "Done." }],
      reply: {
        ok: true,
        runId: "hook_1",
        completion: {
          status: "ok",
          replyDisposition: "visible",
          delivered: false,
          deliveryAttempted: false,
        },
      },
    },
    {
      title: "An agent that does not exist",
      request: { body: { message: "Hello", agentId: "nobody" } },
      error: unknownAgent,
    },
    {
      title: "A session key that the hook may not set",
      request: { body: { message: "Hello", sessionKey: "main" } },
      error: {
        code: "invalid_session_key",
        message: "sessionKey: may not be chosen by hooks; hooks.allowRequestSessionKey allows it",
        param: "sessionKey",
      },
    },
    {
      title: "A destination that does not exist",
      request: { body: { message: "Hello", channel: "telegram", to: "42" } },
      error: {
        code: "unsupported_value",
        message:
          "channel: this gateway has no chat apps and cannot deliver the answer; leave it out, or send deliver: false",
        param: "channel",
      },
    },
  ],
  { "x-openclaw-agent-id": "main", "x-openclaw-session-key": "agent:main:hook:1" },
);

export const hookWake = examplesFor(wakeSession, [
  {
    title: "Queue a system event",
    request: { body: { text: "The import is complete.", mode: "next-heartbeat" } },
    reply: { ok: true, mode: "next-heartbeat", eventOutcome: "queued" },
  },
  {
    title: "A system event for an agent that does not exist",
    request: { body: { text: "The import is complete.", agentId: "nobody" } },
    error: unknownAgent,
  },
  {
    title: "A system event for another session",
    request: { body: { text: "The import is complete.", sessionKey: "work" } },
    error: {
      code: "unsupported_value",
      message: "sessionKey: system events are for the main session of the agent; leave it out",
      param: "sessionKey",
    },
  },
]);
