/** GET /sessions, GET /sessions/{key}/history, POST /sessions/{key}/reset, /abort, and DELETE: stored conversations. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { limits, listOf, queryInteger, shortText } from "../limits.ts";
import { firstSessionLinks } from "./links.ts";
import { SessionMessage } from "./session-messages.ts";

/** Sessions per page. */
export const sessionPage = { max: 200, default: 50 } as const;
/** Messages per page. */
export const messagePage = { max: 1_000, default: 100 } as const;

const ok = z.literal(true).describe("Always true.");

const sessionKey = shortText().describe(
  "Full key of the session: `agent:<id>:<key>`, or `agent:<id>:key:<name of the key>:<key>` for a limited key.",
);

const sessionId = shortText().describe(
  "Id of the current conversation of the key. A reset starts a new one.",
);

const nextCursor = shortText()
  .nullable()
  .describe("Send it as `cursor` for the next page; null on the last.");

const cursor = shortText().optional().describe("`nextCursor` of the previous page.");

/** A session key, with or without `agent:<id>:`. */

const SessionParams = z.object({
  key: z
    .string()
    .min(1)
    .max(limits.fullSessionKey)
    .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
    .describe("Key of the session, URL-encoded: a full key, or a bare key of the default agent."),
});

const Session = z
  .object({
    sessionKey,
    sessionId,
    agentId: shortText().describe("Id of the session's agent."),
    label: shortText().nullable().describe("Display name of the session, if it has one."),
    createdAt: z.int().describe("Time at which the session was created: Unix time in milliseconds."),
    updatedAt: z.int().describe("Time of the last message: Unix time in milliseconds."),
    entries: z.int().describe("Number of stored entries of the conversation."),
  })
  .meta({ id: "Session", description: "A stored session, without its messages." });

const SessionList = z
  .object({
    ok,
    sessions: listOf(Session).describe("Sorted by last use, newest first."),
    nextCursor,
  })
  .meta({ id: "SessionList", description: "A page of sessions." });

const page = {
  sessionKey,
  sessionId,
  messages: listOf(SessionMessage).describe("The newest messages before the cursor, oldest first."),
  total: z.int().describe("Number of messages of the whole conversation."),
  nextCursor: nextCursor.describe(
    "Send it as `cursor` for the page of older messages; null on the last page.",
  ),
};

const SessionHistory = z
  .object({ ok, ...page })
  .meta({ id: "SessionHistory", description: "A page of messages of a conversation." });

const eventId = shortText().describe("Id of the event. Send it as `Last-Event-ID` to resume after it.");

const SessionEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("history").describe("Always `history`."), id: eventId, ...page }).meta({
      id: "SessionHistoryEvent",
      description:
        "The newest messages: sent first, and again after messages were removed or the session was reset.",
    }),
    z
      .object({
        type: z.literal("message").describe("Always `message`."),
        id: eventId,
        sessionKey,
        message: SessionMessage,
      })
      .meta({ id: "SessionMessageEvent", description: "A message was stored." }),
  ])
  .meta({ id: "SessionEvent", description: "An event of the live feed of a session." });

const common = { tag: "Sessions", errorShape: "ok" } as const;

export const listSessions = endpoint({
  id: "listSessions",
  method: "get",
  path: "/sessions",
  ...common,
  summary: "List sessions",
  description:
    "Lists the stored sessions of the credential, by last use, newest first. The gateway's own secret and keys with `operator.admin` see the sessions of every credential.",
  auth: "read",
  query: z.object({
    limit: queryInteger(z.int().min(1).max(sessionPage.max))
      .optional()
      .describe(`Sessions per page, 1–${sessionPage.max}. Default: ${sessionPage.default}.`),
    cursor,
    agentId: shortText().optional().describe("Only sessions of this agent."),
  }),
  responses: { 200: SessionList },
  links: firstSessionLinks,
  errors: ["storage_unavailable"],
});

export const getSessionHistory = endpoint({
  id: "getSessionHistory",
  method: "get",
  path: "/sessions/{key}/history",
  ...common,
  summary: "Read a session",
  description:
    "Returns the messages of a conversation in pages, newest page first. A page has fewer messages than `limit` when they would take more than 16 MB. With `Accept: text/event-stream` it is a live feed: first an event `history` with one page, then an event `message` for each new message. Send the id of the last event as `Last-Event-ID` to resume a feed, as browsers do. The feed ends when the session is deleted. A message is sent when it is complete; only the caller of a run receives its text as it streams.",
  auth: "read",
  params: SessionParams,
  headers: z.object({
    accept: z.string().max(4096).optional().describe("`text/event-stream` for the live feed."),
    "last-event-id": shortText().optional().describe("Id of the last event that was received."),
  }),
  query: z.object({
    limit: queryInteger(z.int().min(1).max(messagePage.max))
      .optional()
      .describe(`Messages per page, 1–${messagePage.max}. Default: ${messagePage.default}.`),
    cursor,
  }),
  responses: { 200: SessionHistory },
  events: SessionEvent,
  eventNames: "type",
  resumable: { retryMs: 1_000 },
  errors: ["session_not_found", "storage_unavailable"],
});

export const resetSession = endpoint({
  id: "resetSession",
  method: "post",
  path: "/sessions/{key}/reset",
  ...common,
  summary: "Reset a session",
  description: "Starts a new conversation under the same key. A run in progress is aborted.",
  auth: "write",
  params: SessionParams,
  responses: {
    200: z
      .object({ ok, sessionKey, sessionId: sessionId.describe("Id of the new conversation.") })
      .meta({ id: "SessionReset", description: "The session was reset." }),
  },
  errors: ["session_not_found", "storage_unavailable"],
});

export const abortSession = endpoint({
  id: "abortSession",
  method: "post",
  path: "/sessions/{key}/abort",
  aliases: ["/sessions/{key}/kill"],
  ...common,
  summary: "Abort the run of a session",
  description:
    "Aborts the run in progress in the session and the runs that wait for it. Partial output is stored and marked as aborted; the callers get `run_aborted`.",
  auth: "run",
  params: SessionParams,
  responses: {
    200: z
      .object({ ok, sessionKey, aborted: z.boolean().describe("Whether there was a run.") })
      .meta({ id: "SessionAbort", description: "No run is in progress in the session." }),
  },
  errors: ["session_not_found", "storage_unavailable"],
});

export const deleteSession = endpoint({
  id: "deleteSession",
  method: "delete",
  path: "/sessions/{key}",
  ...common,
  summary: "Delete a session",
  description: "Deletes a session and its messages. A run in progress is aborted.",
  auth: "write",
  params: SessionParams,
  responses: {
    200: z
      .object({ ok, sessionKey, deleted: z.literal(true).describe("Always true.") })
      .meta({ id: "SessionDeleted", description: "The session was deleted." }),
  },
  errors: ["session_not_found", "storage_unavailable"],
});
