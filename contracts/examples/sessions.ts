/** Examples of the session endpoints. Each starts with an earlier chat request. */
import { examplesFor, type EarlierRequest } from "../endpoint.ts";
import {
  abortSession,
  deleteSession,
  getSessionHistory,
  listSessions,
  resetSession,
} from "../http/sessions.ts";
import { says } from "./script.ts";

const at = 1767225600000;

/** A chat request in the session `trip`. */
const chatRequest: EarlierRequest = {
  method: "post",
  path: "/v1/chat/completions",
  headers: { "x-openclaw-session-key": "trip" },
  body: { model: "openclaw", messages: [{ role: "user", content: "My train leaves at noon." }] },
};
const before = { before: [chatRequest], model: [says("Noted.")] } as const;

const sessionKey = "agent:main:trip";
const params = { key: sessionKey } as const;
const sessionNotFound = { code: "session_not_found", message: "No such session.", param: null } as const;

export const sessionList = examplesFor(listSessions, [
  {
    title: "One session",
    ...before,
    request: {},
    reply: {
      ok: true,
      sessions: [
        {
          sessionKey,
          sessionId: "session_1",
          agentId: "main",
          label: null,
          createdAt: at,
          updatedAt: at,
          entries: 2,
        },
      ],
      nextCursor: null,
    },
  },
  {
    title: "A cursor of another list",
    request: { query: { cursor: "nowhere" } },
    error: {
      code: "invalid_value",
      message: "cursor: is not a cursor of this list; send a `nextCursor` unchanged.",
      param: "cursor",
    },
  },
]);

export const sessionHistory = examplesFor(getSessionHistory, [
  {
    title: "A question and its answer",
    ...before,
    request: { params },
    reply: {
      ok: true,
      sessionKey,
      sessionId: "session_1",
      messages: [
        {
          seq: 1,
          at,
          runId: "chatcmpl-1",
          role: "user",
          content: [{ type: "text", text: "My train leaves at noon." }],
        },
        { seq: 2, at, runId: "chatcmpl-1", role: "assistant", content: [{ type: "text", text: "Noted." }] },
      ],
      total: 2,
      nextCursor: null,
    },
  },
  {
    title: "The newest message, and where the older ones are",
    ...before,
    request: { params, query: { limit: 1 } },
    reply: {
      ok: true,
      sessionKey,
      sessionId: "session_1",
      messages: [
        { seq: 2, at, runId: "chatcmpl-1", role: "assistant", content: [{ type: "text", text: "Noted." }] },
      ],
      total: 2,
      nextCursor: "2",
    },
  },
  { title: "A session that does not exist", request: { params: { key: "nobody" } }, error: sessionNotFound },
]);

export const sessionReset = examplesFor(resetSession, [
  {
    title: "Begin anew",
    ...before,
    request: { params },
    reply: { ok: true, sessionKey, sessionId: "session_2" },
  },
  { title: "A session that does not exist", request: { params: { key: "nobody" } }, error: sessionNotFound },
]);

export const sessionAbort = examplesFor(abortSession, [
  {
    title: "Nothing to abort",
    ...before,
    request: { params },
    reply: { ok: true, sessionKey, aborted: false },
  },
  { title: "A session that does not exist", request: { params: { key: "nobody" } }, error: sessionNotFound },
]);

export const sessionDeletion = examplesFor(deleteSession, [
  {
    title: "Delete",
    ...before,
    request: { params },
    reply: { ok: true, sessionKey, deleted: true },
  },
  { title: "A session that does not exist", request: { params: { key: "nobody" } }, error: sessionNotFound },
]);
