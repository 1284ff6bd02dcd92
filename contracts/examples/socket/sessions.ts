/** Examples of the methods about stored sessions. */
import { methodExamples, occurs } from "../../socket/method.ts";
import {
  sessionsBranch,
  sessionsCompact,
  sessionsCreate,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
  sessionsRewind,
} from "../../socket/session-changes.ts";
import {
  sessionsChanged,
  sessionsDescribe,
  sessionsList,
  sessionsPreview,
  sessionsSearch,
  sessionsResolve,
  sessionsSubscribe,
  sessionsUnsubscribe,
} from "../../socket/sessions.ts";
import { ends, says } from "../script.ts";
import { now } from "./gateway.ts";
import { sessionsBackup } from "../../socket/backup.ts";

const key = "agent:main:main";
const model = [says("Hi."), ends({ input: 12, output: 2 })];
const before = [{ method: "agent", params: { message: "Hello.", idempotencyKey: "run-1" } }];
const row = { key, sessionId: "session_1", agentId: "main", createdAt: now, updatedAt: now, entries: 2 };
const unknown = { code: "session_not_found", message: "No such session." } as const;

export const listExamples = methodExamples(sessionsList, [
  { title: "One session", before, model, params: {}, result: { sessions: [row], nextCursor: null } },
]);

export const titledListExamples = methodExamples(sessionsList, [
  {
    title: "With titles and last messages",
    before,
    model,
    params: { includeDerivedTitles: true, includeLastMessage: true },
    result: {
      sessions: [{ ...row, derivedTitle: "Hello.", lastMessagePreview: "Hi." }],
      nextCursor: null,
    },
  },
]);

export const describeExamples = methodExamples(sessionsDescribe, [
  { title: "A session", before, model, params: { key: "main" }, result: { session: row } },
  { title: "No session", params: { key: "other" }, result: { session: null } },
]);

export const searchExamples = methodExamples(sessionsSearch, [
  {
    title: "A word of a message",
    before,
    model,
    params: { query: "hello" },
    result: { matches: [{ session: row, seq: 1, role: "user", text: "Hello." }], nextCursor: null },
  },
]);

export const createExamples = methodExamples(sessionsCreate, [
  {
    title: "A key for a new session of an agent",
    params: { key: "trip", agentId: "coder" },
    result: { ok: true, key: "agent:coder:trip", agentId: "coder" },
  },
]);

export const previewExamples = methodExamples(sessionsPreview, [
  {
    title: "A session that exists and one that does not",
    before,
    model,
    params: { keys: ["main", "other"] },
    result: {
      previews: [
        {
          key,
          status: "ok",
          items: [
            { role: "user", text: "Hello." },
            { role: "assistant", text: "Hi." },
          ],
        },
        { key: "agent:main:other", status: "missing", items: [] },
      ],
    },
  },
]);

export const resolveExamples = methodExamples(sessionsResolve, [
  { title: "By its key", before, model, params: { key: "main" }, result: { ok: true, key, session: row } },
  {
    title: "By its label",
    before: [...before, { method: "sessions.patch", params: { key: "main", label: "First steps" } }],
    model,
    params: { label: "First steps" },
    result: { ok: true, key, session: { ...row, label: "First steps" } },
  },
  { title: "One that does not exist", params: { key: "other" }, error: unknown },
]);

export const patchExamples = methodExamples(sessionsPatch, [
  {
    title: "A label and a higher thinking level",
    before,
    model,
    params: { key: "main", label: "First steps", thinkingLevel: "high" },
    result: { ok: true, key, session: { ...row, label: "First steps", thinkingLevel: "high" } },
  },
  {
    title: "A model that the agent does not offer",
    before,
    model,
    params: { key: "main", model: "openai/gpt-9" },
    error: {
      code: "model_not_found",
      message: 'model: the agent "main" does not offer "openai/gpt-9". It offers: builtin/assistant.',
      param: "model",
    },
  },
]);

export const resetExamples = methodExamples(sessionsReset, [
  {
    title: "Begin anew",
    before,
    model,
    params: { key: "main" },
    result: { ok: true, key, sessionId: "session_2" },
  },
  { title: "A session that does not exist", params: { key: "other" }, error: unknown },
]);

export const deleteExamples = methodExamples(sessionsDelete, [
  { title: "Delete", before, model, params: { key: "main" }, result: { ok: true, key, deleted: true } },
]);

export const compactExamples = methodExamples(sessionsCompact, [
  {
    title: "A summary of the older messages",
    before: [...before, { method: "agent", params: { message: "Go on.", idempotencyKey: "run-2" } }],
    model,
    params: { key: "main", keepTokens: 3 },
    result: { ok: true, key, compacted: true, summary: "Hi.", kept: 2 },
  },
]);

export const rewindExamples = methodExamples(sessionsRewind, [
  {
    title: "Take back a question and its answer",
    before,
    model,
    params: { key: "main", seq: 1 },
    result: { ok: true, key, removed: 2 },
  },
  {
    title: "A message that is not a user's",
    before,
    model,
    params: { key: "main", seq: 2 },
    error: {
      code: "invalid_value",
      message: "seq: 2 is no user's message after the last summary of this conversation.",
      param: "seq",
    },
  },
  { title: "No session", params: { key: "other", seq: 1 }, error: unknown },
]);

export const branchExamples = methodExamples(sessionsBranch, [
  {
    title: "Continue from the first answer",
    before,
    model,
    params: { key: "main", seq: 2, label: "Another way" },
    result: { ok: true, key: "agent:main:session-1", entries: 2 },
  },
]);

export const subscribeExamples = methodExamples(sessionsSubscribe, [
  {
    title: "Subscribe to one session",
    before,
    model,
    params: { key: "main" },
    result: { subscribed: true },
    after: [
      { method: "sessions.patch", params: { key: "main", label: "First steps" } },
      { method: "sessions.delete", params: { key: "main" } },
    ],
    events: [
      occurs(sessionsChanged, { sessionKey: key, reason: "patched", ts: now }),
      occurs(sessionsChanged, { sessionKey: key, reason: "deleted", ts: now }),
    ],
  },
]);

export const unsubscribeExamples = methodExamples(sessionsUnsubscribe, [
  { title: "Unsubscribe", params: {}, result: { subscribed: false } },
]);

export const backupExamples = methodExamples(sessionsBackup, [
  {
    title: "A copy of the store",
    excerpt: true,
    params: {},
    result: { ok: true, path: "…", bytes: 282_624 },
  },
]);
