/** Methods that read stored sessions, and the subscription to their changes. */
import { z } from "zod";
import { listSessions } from "../http/sessions.ts";
import { listOf, longText, shortText } from "../limits.ts";
import { sessionKeyInput, params, sessionKey, thinkingLevel, time } from "./fields.ts";
import { event, method } from "./method.ts";

const common = { tag: "Sessions", auth: listSessions.auth } as const;

export const SessionRow = z
  .object({
    key: sessionKey(),
    sessionId: shortText().describe("Id of the key's current conversation. A reset starts another."),
    agentId: shortText().describe("Id of the agent."),
    label: shortText().optional().describe("Display name. Absent unless set."),
    derivedTitle: shortText()
      .optional()
      .describe("The beginning of the first user message, as a title. With `includeDerivedTitles` only."),
    lastMessagePreview: shortText()
      .optional()
      .describe("The beginning of the last message. With `includeLastMessage` only."),
    model: shortText().optional().describe("Model of the session. Absent unless set."),
    thinkingLevel: thinkingLevel
      .optional()
      .describe("How much models reason in the session. Absent unless set."),
    createdAt: time().describe("Creation time, Unix time in milliseconds."),
    updatedAt: time().describe("Time of the last entry, Unix time in milliseconds."),
    entries: z.int().describe("Number of entries in the conversation."),
  })
  .meta({ id: "SessionRow", description: "A stored session, without its messages." });

export const sessionsList = method({
  ...common,
  method: "sessions.list",
  summary: "List sessions",
  description:
    "The sessions of the credential, most recently used first. The gateway's own secret and keys with `operator.admin` see the sessions of every credential.",
  params: params({
    limit: z
      .int()
      .min(1)
      .max(200)
      .optional()
      .describe("Maximum number of sessions in the page, 1–200. Default: 50."),
    cursor: shortText().optional().describe("`nextCursor` of the previous page."),
    agentId: shortText().optional().describe("Only sessions of this agent."),
    includeDerivedTitles: z
      .boolean()
      .optional()
      .describe("Whether each session without a label gets a `derivedTitle`."),
    includeLastMessage: z.boolean().optional().describe("Whether each session gets a `lastMessagePreview`."),
    includeGlobal: z
      .boolean()
      .optional()
      .describe("Accepted and ignored. There is no session that all agents share."),
    includeUnknown: z
      .boolean()
      .optional()
      .describe("Accepted and ignored. Every session belongs to an agent."),
    activeMinutes: z
      .int()
      .min(1)
      .max(5_256_000)
      .optional()
      .describe("Only sessions that were used in the last `activeMinutes` minutes."),
  }),
  result: z
    .object({
      sessions: listOf(SessionRow).describe("The sessions, most recently used first."),
      nextCursor: shortText()
        .nullable()
        .describe("Send it as `cursor` for the next page. Null on the last page."),
    })
    .meta({ id: "SessionRows", description: "A page of sessions." }),
  errors: ["storage_unavailable"],
});

/** Sessions that one call of `sessions.search` reads, and the newest entries of each. */
export const searched = { sessions: 100, entries: 10_000 } as const;

export const sessionsSearch = method({
  ...common,
  method: "sessions.search",
  summary: "Search in sessions",
  description: `Finds a text in the messages of the sessions that you may see, most recently used first: in what was written, in thinking, in the arguments and results of tools. The case of ASCII letters does not matter. A call reads up to ${searched.sessions} sessions and the newest ${searched.entries} entries of each; \`nextCursor\` continues with older sessions, also when none of these matched.`,
  params: params({
    query: z.string().min(1).max(200).describe("The text, 1–200 characters. It has no wildcards."),
    limit: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe("Maximum number of sessions in the page, 1–100. Default: 20."),
    cursor: shortText().optional().describe("`nextCursor` of the previous page."),
    agentId: shortText().optional().describe("Only sessions of this agent."),
  }),
  result: z
    .object({
      matches: listOf(
        z
          .object({
            session: SessionRow,
            seq: z.int().describe("Number of the newest message that has the text."),
            role: z.enum(["user", "assistant", "tool", "summary"]).describe("Author of the message."),
            text: longText().describe("The text and what is around it, on one line."),
          })
          .meta({ id: "SessionMatch", description: "A session that has the text." }),
      ).describe("The sessions, most recently used first."),
      nextCursor: shortText()
        .nullable()
        .describe("Send it as `cursor` to search older sessions. Null when all were searched."),
    })
    .meta({ id: "SessionMatches", description: "Sessions that have a text." }),
  errors: ["storage_unavailable"],
});

export const sessionsPreview = method({
  ...common,
  method: "sessions.preview",
  summary: "Preview sessions",
  description: "The last messages of several sessions, truncated.",
  params: params({
    keys: z.array(sessionKeyInput()).min(1).max(50).describe("Keys of the sessions, at most 50."),
    limit: z
      .int()
      .min(1)
      .max(50)
      .optional()
      .describe("Maximum number of messages of each session, 1–50. Default: 5."),
    maxChars: z
      .int()
      .min(20)
      .max(2_000)
      .optional()
      .describe("Maximum length of a text, in characters; longer texts are truncated. Default: 200."),
  }),
  result: z
    .object({
      previews: listOf(
        z.object({
          key: sessionKey(),
          status: z
            .enum(["ok", "empty", "missing"])
            .describe("`empty`: no messages. `missing`: the session does not exist, or you may not see it."),
          items: listOf(
            z.object({
              role: z.enum(["user", "assistant", "tool", "summary"]).describe("Role of the message."),
              text: longText().describe("Text of the message."),
            }),
          ).describe("The last messages, oldest first."),
        }),
      ).describe("One preview for each key, in the same order."),
    })
    .meta({ id: "SessionPreviews", description: "Previews of sessions." }),
  errors: ["storage_unavailable"],
});

export const sessionsResolve = method({
  ...common,
  method: "sessions.resolve",
  summary: "Find a session",
  description:
    "Finds the session with this key, id or label. Send exactly one of the three. Ids and labels are searched in the 2 000 most recently used sessions.",
  params: params({
    key: sessionKeyInput().optional().describe("A full key, or a bare key of the default agent."),
    sessionId: shortText().min(1).optional().describe("Id of a conversation."),
    label: shortText().min(1).optional().describe("Label of the session."),
  }),
  result: z
    .object({ ok: z.literal(true).describe("Always true."), key: sessionKey(), session: SessionRow })
    .meta({ id: "ResolvedSession", description: "The session." }),
  errors: ["session_not_found", "storage_unavailable"],
});

export const sessionsDescribe = method({
  ...common,
  method: "sessions.describe",
  summary: "Read one session",
  description: "The row of one session, or null: it does not exist, or you may not see it.",
  params: params({ key: sessionKeyInput().describe("A full key, or a bare key of the default agent.") }),
  result: z
    .object({ session: SessionRow.nullable().describe("The session, as in `sessions.list`.") })
    .meta({ id: "SessionDescription", description: "One session, or none." }),
  errors: ["storage_unavailable"],
});

const subscription = z
  .object({
    subscribed: z.boolean().describe("Whether the connection receives `sessions.changed` for any session."),
  })
  .meta({ id: "SessionSubscription", description: "State of the subscription." });

export const sessionsSubscribe = method({
  ...common,
  method: "sessions.subscribe",
  summary: "Subscribe to session changes",
  description:
    "Sends the event `sessions.changed` on this connection, for every session that you may see or only for `key`. The events `agent` and `chat` need no subscription.",
  params: params({
    key: sessionKeyInput().optional().describe("Adds only this session. Default: every session."),
  }),
  result: subscription,
  errors: [],
});

export const sessionsUnsubscribe = method({
  ...common,
  method: "sessions.unsubscribe",
  summary: "Unsubscribe from session changes",
  description: "Stops the event `sessions.changed` on this connection, for every session or only for `key`.",
  params: params({
    key: sessionKeyInput().optional().describe("Removes only this session. Default: every session."),
  }),
  result: subscription,
  errors: [],
});

export const sessionsChanged = event({
  tag: "Sessions",
  event: "sessions.changed",
  summary: "A session has changed",
  description:
    "Sent after `sessions.subscribe`, when a change is stored. Read the change with `chat.history` or `sessions.list`.",
  auth: "read",
  droppable: "always",
  payload: z
    .object({
      sessionKey: sessionKey(),
      reason: z
        .enum(["appended", "reset", "deleted", "patched"])
        .describe(
          "`appended`: new messages. `reset`: a new conversation. `deleted`: the session was deleted. `patched`: new settings.",
        ),
      ts: time().describe("Unix time in milliseconds."),
    })
    .meta({ id: "SessionChanged", description: "A session has changed." }),
});
