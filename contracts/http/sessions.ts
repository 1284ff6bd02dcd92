/** GET /sessions, GET /sessions/{key}/history, POST /sessions/{key}/reset, /abort, and DELETE: stored conversations. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { limits, listOf, shortText } from "../limits.ts";
import { SessionMessage } from "./session-messages.ts";

const ok = z.literal(true).describe("Always true.");

const sessionKey = shortText().describe("Full key of the session: `agent:<id>:<key>`.");

const sessionId = shortText().describe(
  "Id of the conversation that the key stands for now; a reset begins another.",
);

const nextCursor = shortText()
  .nullable()
  .describe("Send it as `cursor` for the next page; null on the last.");

const cursor = shortText().optional().describe("`nextCursor` of the page before.");

/** A key as it may be sent, after `agent:<id>:`. */
const longestKey = limits.sessionKey + "agent::".length + 64;

const SessionParams = z.object({
  key: z
    .string()
    .min(1)
    .max(longestKey)
    .regex(/^[!-~]+$/, "must be visible ASCII without spaces")
    .describe("Key of the session, encoded for a URL: the full one, or a bare one of the default agent."),
});

const Session = z
  .object({
    sessionKey,
    sessionId,
    agentId: shortText().describe("Id of its agent."),
    label: shortText().nullable().describe("Its name for people, where it was given one."),
    createdAt: z.int().describe("When it began: Unix time in milliseconds."),
    updatedAt: z.int().describe("When something was last said in it: Unix time in milliseconds."),
    entries: z.int().describe("How many things have happened in the conversation so far."),
  })
  .meta({ id: "Session", description: "A stored conversation, without what was said in it." });

const SessionList = z
  .object({
    ok,
    sessions: listOf(Session).describe("The one that was used last comes first."),
    nextCursor,
  })
  .meta({ id: "SessionList", description: "A page of the sessions." });

const page = {
  sessionKey,
  sessionId,
  messages: listOf(SessionMessage).describe(
    "The newest of those asked for, in the order in which they came.",
  ),
  total: z.int().describe("Messages of the whole conversation."),
  nextCursor: nextCursor.describe("Send it as `cursor` for the page of older messages; null on the oldest."),
};

const SessionHistory = z
  .object({ ok, ...page })
  .meta({ id: "SessionHistory", description: "A page of what was said in a conversation." });

const eventId = shortText().describe("Id of the event: what stands before it need not be sent again.");

const SessionEvent = z
  .discriminatedUnion("type", [
    z.object({
      type: z
        .literal("history")
        .describe(
          "The conversation so far: at the beginning, and again when messages were taken back or it began anew.",
        ),
      id: eventId,
      ...page,
    }),
    z.object({
      type: z.literal("message").describe("Something was said."),
      id: eventId,
      sessionKey,
      message: SessionMessage,
    }),
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
    "Lists the stored conversations of the credential, the one that was used last first. The gateway's own secret, and keys with `operator.admin`, see those of every credential.",
  auth: "read",
  query: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(200)
      .optional()
      .describe("Sessions of a page, 1–200. Default: 50."),
    cursor,
    agentId: shortText().optional().describe("Only those of this agent."),
  }),
  reply: SessionList,
  errors: ["storage_unavailable"],
});

export const getSessionHistory = endpoint({
  id: "getSessionHistory",
  method: "get",
  path: "/sessions/{key}/history",
  ...common,
  summary: "Read a session",
  description:
    "Answers with the newest messages of a conversation, page by page back to its beginning. With `Accept: text/event-stream` it is a live feed: first an event `history` with such a page, then a `message` for each that is stored from then on. A feed that was cut goes on after the event whose id is sent as `Last-Event-ID`, as browsers do by themselves. It ends when the session is deleted. Text streams to the caller of a run, not here: a message comes when it is complete.",
  auth: "read",
  params: SessionParams,
  headers: z.object({
    accept: z.string().max(4096).optional().describe("`text/event-stream` for the live feed."),
    "last-event-id": shortText().optional().describe("Id of the last event of the feed that was received."),
  }),
  query: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe("Messages of a page, 1–1000. Default: 100."),
    cursor,
  }),
  reply: SessionHistory,
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
  summary: "Begin a session anew",
  description:
    "Forgets what was said: the next request with this key begins a new conversation. A run that is at work in it is aborted.",
  auth: "write",
  params: SessionParams,
  reply: z
    .object({ ok, sessionKey, sessionId: sessionId.describe("Id of the new conversation.") })
    .meta({ id: "SessionReset", description: "The session begins anew." }),
  errors: ["session_not_found", "storage_unavailable"],
});

export const abortSession = endpoint({
  id: "abortSession",
  method: "post",
  path: "/sessions/{key}/abort",
  ...common,
  summary: "Abort the run of a session",
  description:
    "Aborts the run that is at work in the session, and those that wait for their turn. What was produced is kept, marked as aborted; the callers get `run_aborted`.",
  auth: "run",
  params: SessionParams,
  reply: z
    .object({ ok, sessionKey, aborted: z.boolean().describe("Whether there was a run.") })
    .meta({ id: "SessionAbort", description: "No run is at work in the session any more." }),
  errors: ["session_not_found", "storage_unavailable"],
});

export const deleteSession = endpoint({
  id: "deleteSession",
  method: "delete",
  path: "/sessions/{key}",
  ...common,
  summary: "Delete a session",
  description:
    "Deletes a conversation with everything that was said in it. A run that is at work in it is aborted.",
  auth: "write",
  params: SessionParams,
  reply: z
    .object({ ok, sessionKey, deleted: z.literal(true).describe("Always true.") })
    .meta({ id: "SessionDeleted", description: "The session is gone." }),
  errors: ["session_not_found", "storage_unavailable"],
});
