/** Methods that change stored sessions. */
import { z } from "zod";
import { createChatCompletion } from "../http/chat/endpoint.ts";
import { deleteSession, resetSession } from "../http/sessions.ts";
import { shortText } from "../limits.ts";
import { agentId, key, ok, params, sessionKey, thinkingLevel } from "./fields.ts";
import { method } from "./method.ts";
import { SessionRow } from "./sessions.ts";
import { providerErrors } from "../run-errors.ts";

const common = { tag: "Sessions", auth: resetSession.auth } as const;

export const sessionsPatch = method({
  ...common,
  method: "sessions.patch",
  summary: "Change the settings of a session",
  description:
    "An absent field stays unchanged; null removes a setting. The settings apply to runs from every endpoint, unless a request overrides them.",
  params: params({
    key,
    label: shortText().min(1).nullish().describe("Display name."),
    model: shortText()
      .min(1)
      .nullish()
      .describe(
        "Model of the session, `<provider>/<id>`. It must be one that the configuration lists for the agent.",
      ),
    thinkingLevel: thinkingLevel.nullish().describe("How much models reason in the session."),
  }),
  result: z
    .object({ ok, key: sessionKey(), session: SessionRow })
    .meta({ id: "SessionPatched", description: "The changed session." }),
  errors: ["session_not_found", "model_not_found", "storage_unavailable"],
});

export const sessionsCreate = method({
  ...common,
  auth: createChatCompletion.auth,
  method: "sessions.create",
  summary: "Name a new session",
  description:
    "Returns the full key of a session that does not exist yet, or of one that you may use already. Nothing is stored: a session begins with its first message.",
  params: params({
    key: key.optional().describe("Key of the session. Default: a new key."),
    agentId: agentId.optional(),
  }),
  result: z
    .object({ ok, key: sessionKey(), agentId: shortText().describe("Id of the agent.") })
    .meta({ id: "SessionNamed", description: "The key of the session." }),
  errors: ["model_not_found", "invalid_session_key"],
});

export const sessionsReset = method({
  ...common,
  method: "sessions.reset",
  summary: "Reset a session",
  description:
    "Starts a new, empty conversation under the same key. The active run of the session is aborted.",
  params: params({ key }),
  result: z
    .object({ ok, key: sessionKey(), sessionId: shortText().describe("Id of the new conversation.") })
    .meta({ id: "SessionBegunAnew", description: "The session has a new conversation." }),
  errors: ["session_not_found", "storage_unavailable"],
});

export const sessionsDelete = method({
  ...common,
  auth: deleteSession.auth,
  method: "sessions.delete",
  summary: "Delete a session",
  description: "Deletes a session with all its messages. The active run of the session is aborted.",
  params: params({ key }),
  result: z
    .object({ ok, key: sessionKey(), deleted: z.literal(true).describe("Always true.") })
    .meta({ id: "SessionGone", description: "The session is deleted." }),
  errors: ["session_not_found", "storage_unavailable"],
});

const seq = z.int().min(1);

export const sessionsRewind = method({
  ...common,
  method: "sessions.rewind",
  summary: "Take back messages",
  description:
    "Removes a user's message and everything after it from the conversation, so that the next message takes its place: to edit a question, or to ask it again. A message before a summary cannot be taken back.",
  params: params({ key, seq: seq.describe("`seq` of a user's message in the history.") }),
  result: z
    .object({ ok, key: sessionKey(), removed: z.int().describe("Number of messages that were removed.") })
    .meta({ id: "SessionRewound", description: "The messages are taken back." }),
  errors: ["session_not_found", "session_busy", "storage_unavailable"],
});

export const sessionsBranch = method({
  ...common,
  method: "sessions.branch",
  summary: "Continue a conversation in a new session",
  description:
    "Copies the conversation up to a message into a new session of the same agent and credential. The first session stays as it is.",
  params: params({
    key,
    seq: seq.describe("`seq` of the last message that is copied, as in the history."),
    label: shortText().min(1).optional().describe("Display name of the new session."),
  }),
  result: z
    .object({ ok, key: sessionKey(), entries: z.int().describe("Number of entries that were copied.") })
    .meta({ id: "SessionBranched", description: "The new session." }),
  errors: ["session_not_found", "storage_unavailable"],
});

export const sessionsCompact = method({
  ...common,
  method: "sessions.compact",
  summary: "Compact a session",
  description:
    "The agent's model writes a summary, which replaces the older messages in later requests to models. The call waits for the active run of the session. The history keeps every message.",
  params: params({
    key,
    keepTokens: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        "Approximate number of tokens of the newest messages that are not summarized. Default: 2 000.",
      ),
  }),
  result: z
    .object({
      ok,
      key: sessionKey(),
      compacted: z.boolean().describe("False when there was nothing to summarize."),
      summary: z.string().max(1_000_000).optional().describe("The summary."),
      kept: z.int().optional().describe("Number of messages that are not summarized."),
    })
    .meta({ id: "SessionCompacted", description: "The result of the compaction." }),
  errors: [
    "session_not_found",
    "session_busy",
    "context_length_exceeded",
    "budget_exceeded",
    "storage_unavailable",
    ...providerErrors,
  ],
});
