/** Methods that change stored sessions. */
import { z } from "zod";
import { deleteSession, resetSession } from "../http/sessions.ts";
import { shortText } from "../limits.ts";
import { key, ok, params, sessionKey, thinkingLevel } from "./fields.ts";
import { method } from "./method.ts";
import { SessionRow } from "./sessions.ts";
import { providerErrors } from "../run-errors.ts";

const common = { tag: "Sessions", auth: resetSession.auth } as const;

export const sessionsPatch = method({
  ...common,
  method: "sessions.patch",
  summary: "Change the settings of a session",
  description:
    "What is not sent stays as it is; null takes a setting away. The settings hold for runs of every door, unless a request says otherwise.",
  params: params({
    key,
    label: shortText().min(1).nullish().describe("Its name for people."),
    model: shortText()
      .min(1)
      .nullish()
      .describe(
        "The model that answers in it, `<provider>/<id>`: one of those that the configuration lists for its agent.",
      ),
    thinkingLevel: thinkingLevel.nullish().describe("How much models reason in it."),
  }),
  result: z
    .object({ ok, key: sessionKey(), session: SessionRow })
    .meta({ id: "SessionPatched", description: "The session as it is now." }),
  errors: ["session_not_found", "model_not_found", "storage_unavailable"],
});

export const sessionsReset = method({
  ...common,
  method: "sessions.reset",
  summary: "Begin a session anew",
  description:
    "Forgets what was said: the next run with this key begins a new conversation. A run that is at work in it is aborted.",
  params: params({ key }),
  result: z
    .object({ ok, key: sessionKey(), sessionId: shortText().describe("Id of the new conversation.") })
    .meta({ id: "SessionBegunAnew", description: "The session begins anew." }),
  errors: ["session_not_found", "storage_unavailable"],
});

export const sessionsDelete = method({
  ...common,
  auth: deleteSession.auth,
  method: "sessions.delete",
  summary: "Delete a session",
  description:
    "Deletes a conversation with everything that was said in it. A run that is at work in it is aborted.",
  params: params({ key }),
  result: z
    .object({ ok, key: sessionKey(), deleted: z.literal(true).describe("Always true.") })
    .meta({ id: "SessionGone", description: "The session is gone." }),
  errors: ["session_not_found", "storage_unavailable"],
});

export const sessionsCompact = method({
  ...common,
  method: "sessions.compact",
  summary: "Make a session shorter",
  description:
    "A model writes a summary, which takes the place of the older messages in what models are sent from now on. It waits for its turn as a run does. The history still has every message.",
  params: params({
    key,
    keepTokens: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("About so many tokens of the newest messages stay as they are. Default: 2 000."),
  }),
  result: z
    .object({
      ok,
      key: sessionKey(),
      compacted: z.boolean().describe("False: there was nothing that could be left out."),
      summary: z.string().max(1_000_000).optional().describe("What the model wrote."),
      kept: z.int().optional().describe("Messages that stay as they are."),
    })
    .meta({ id: "SessionCompacted", description: "The session is shorter." }),
  errors: [
    "session_not_found",
    "session_busy",
    "context_length_exceeded",
    "storage_unavailable",
    ...providerErrors,
  ],
});
