/** Methods that read stored sessions, and the subscription to their changes. */
import { z } from "zod";
import { listSessions } from "../http/sessions.ts";
import { listOf, longText, shortText } from "../limits.ts";
import { givenKey, params, sessionKey, thinkingLevel, time } from "./fields.ts";
import { event, method } from "./method.ts";

const common = { tag: "Sessions", auth: listSessions.auth } as const;

export const SessionRow = z
  .object({
    key: sessionKey(),
    sessionId: shortText().describe(
      "Id of the conversation that the key stands for now; a reset begins another.",
    ),
    agentId: shortText().describe("Id of its agent."),
    label: shortText().optional().describe("Its name for people, where it was given one."),
    model: shortText().optional().describe("The model that answers in it, where it was set."),
    thinkingLevel: thinkingLevel.optional().describe("How much models reason in it, where it was set."),
    createdAt: time().describe("When it began: Unix time in milliseconds."),
    updatedAt: time().describe("When something was last said in it: Unix time in milliseconds."),
    entries: z.int().describe("How many things have happened in the conversation so far."),
  })
  .meta({ id: "SessionRow", description: "A stored session, without what was said in it." });

export const sessionsList = method({
  ...common,
  method: "sessions.list",
  summary: "List sessions",
  description:
    "The sessions of the credential, the one that was used last first. The gateway's own secret, and keys with `operator.admin`, see those of every credential.",
  params: params({
    limit: z.int().min(1).max(200).optional().describe("Sessions of a page, 1–200. Default: 50."),
    cursor: shortText().optional().describe("`nextCursor` of the page before."),
    agentId: shortText().optional().describe("Only those of this agent."),
    activeMinutes: z
      .int()
      .min(1)
      .max(5_256_000)
      .optional()
      .describe("Only those that were used in the last so many minutes."),
  }),
  result: z
    .object({
      sessions: listOf(SessionRow).describe("The one that was used last comes first."),
      nextCursor: shortText().nullable().describe("Send it as `cursor` for the next page; null on the last."),
    })
    .meta({ id: "SessionRows", description: "A page of the sessions." }),
  errors: ["storage_unavailable"],
});

export const sessionsPreview = method({
  ...common,
  method: "sessions.preview",
  summary: "Read the ends of sessions",
  description: "The last messages of several sessions, in a few words.",
  params: params({
    keys: z.array(givenKey()).min(1).max(50).describe("Keys of the sessions, 50 at most."),
    limit: z.int().min(1).max(50).optional().describe("Messages of each, 1–50. Default: 5."),
    maxChars: z
      .int()
      .min(20)
      .max(2_000)
      .optional()
      .describe("Longer texts are cut. Default: 200 characters."),
  }),
  result: z
    .object({
      previews: listOf(
        z.object({
          key: sessionKey(),
          status: z.enum(["ok", "empty", "missing"]).describe("`missing`: there is no such session for you."),
          items: listOf(
            z.object({
              role: z.enum(["user", "assistant", "tool", "summary"]).describe("Who said it."),
              text: longText().describe("What was said."),
            }),
          ).describe("The last messages, in the order in which they came."),
        }),
      ).describe("One for each key, in the same order."),
    })
    .meta({ id: "SessionPreviews", description: "The ends of sessions." }),
  errors: ["storage_unavailable"],
});

export const sessionsResolve = method({
  ...common,
  method: "sessions.resolve",
  summary: "Find a session",
  description:
    "The session with this key, id or label. Exactly one of the three is sent. Labels and ids are looked for among the 2 000 sessions that were used last.",
  params: params({
    key: givenKey().optional().describe("A key, the full one or a bare one of the default agent."),
    sessionId: shortText().min(1).optional().describe("Id of a conversation."),
    label: shortText().min(1).optional().describe("A label."),
  }),
  result: z
    .object({ ok: z.literal(true).describe("Always true."), key: sessionKey(), session: SessionRow })
    .meta({ id: "ResolvedSession", description: "The session." }),
  errors: ["session_not_found", "storage_unavailable"],
});

const subscription = z
  .object({ subscribed: z.boolean().describe("Whether the connection is told of changes now.") })
  .meta({ id: "SessionSubscription", description: "Whether the connection is told of changes." });

export const sessionsSubscribe = method({
  ...common,
  method: "sessions.subscribe",
  summary: "Be told of changes",
  description:
    "From now on the event `sessions.changed` comes on this connection: for every session that you may see, or for those you name. Runs are told by `agent` and `chat` in any case.",
  params: params({
    key: givenKey().optional().describe("Only this session, besides those that were named before."),
  }),
  result: subscription,
  errors: [],
});

export const sessionsUnsubscribe = method({
  ...common,
  method: "sessions.unsubscribe",
  summary: "No longer be told of changes",
  description: "The event `sessions.changed` comes no more; with `key`, no more for this session.",
  params: params({ key: givenKey().optional().describe("Only this session.") }),
  result: subscription,
  errors: [],
});

export const sessionsChanged = event({
  tag: "Sessions",
  event: "sessions.changed",
  summary: "A session has changed",
  description:
    "Comes after `sessions.subscribe`, when the change is stored. What has changed is read with `chat.history` or `sessions.list`.",
  auth: "read",
  droppable: "always",
  payload: z
    .object({
      sessionKey: sessionKey(),
      reason: z
        .enum(["appended", "reset", "deleted", "patched"])
        .describe("Something was said, it began anew, it is gone, or its settings have changed."),
      ts: time().describe("Unix time in milliseconds."),
    })
    .meta({ id: "SessionChanged", description: "A session has changed." }),
});
