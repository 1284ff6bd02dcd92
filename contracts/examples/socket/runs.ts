/** Examples of methods that start, wait for and abort runs, with their events. */
import { chatAbort, chatEvent, chatHistory, chatSend } from "../../socket/chat.ts";
import { methodExamples, occurs, type ResultOf } from "../../socket/method.ts";
import { agentEvent } from "../../socket/run-event.ts";
import { runsList } from "../../socket/run-list.ts";
import { agent, agentWait } from "../../socket/run.ts";
import { calls, ends, fails, says } from "../script.ts";
import { now } from "./gateway.ts";

const run = { runId: "run-1", sessionKey: "agent:main:main" };
const usage = { input: 12, output: 2, cacheRead: 0, cacheWrite: 0, totalTokens: 14 };
const end = ends({ input: 12, output: 2 });

const eventFields = (seq: number) => ({ runId: run.runId, seq, ts: now, sessionKey: run.sessionKey });
const assistantMessage = (text: string) => ({
  role: "assistant" as const,
  content: [{ type: "text" as const, text }],
  timestamp: now,
});

/** A call that started a run earlier. */
const earlierRun = { method: "agent", params: { message: "Hello.", idempotencyKey: "run-1" } };

/** A PNG of one pixel. */
const picture = {
  type: "image",
  mimeType: "image/png",
  fileName: "dot.png",
  content: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
} as const;

const toResult = (text: string): ResultOf<typeof agent> => ({
  runId: "run-1",
  status: "ok",
  summary: "completed",
  result: {
    payloads: [{ text }],
    meta: {
      durationMs: 0,
      stopReason: "stop",
      agentMeta: { agentId: "main", sessionKey: "agent:main:main", model: "builtin/assistant", usage },
    },
  },
});

export const runListExamples = methodExamples(runsList, [
  { title: "Nothing runs", params: {}, result: { ts: now, runs: [] } },
]);

export const agentExamples = methodExamples(agent, [
  {
    title: "A streamed answer",
    params: { message: "Hello.", idempotencyKey: "run-1" },
    model: [says("Hi"), says(" there."), end],
    accepted: { ...run, status: "accepted", acceptedAt: now },
    events: [
      occurs(agentEvent, {
        ...eventFields(1),
        stream: "lifecycle",
        data: { phase: "start", startedAt: now },
      }),
      occurs(agentEvent, { ...eventFields(2), stream: "assistant", data: { text: "Hi", delta: "Hi" } }),
      occurs(chatEvent, { ...run, seq: 1, state: "delta", message: assistantMessage("Hi"), deltaText: "Hi" }),
      occurs(agentEvent, {
        ...eventFields(3),
        stream: "assistant",
        data: { text: "Hi there.", delta: " there." },
      }),
      occurs(agentEvent, {
        ...eventFields(4),
        stream: "lifecycle",
        data: { phase: "end", stopReason: "stop", endedAt: now, usage },
      }),
      occurs(chatEvent, {
        ...run,
        seq: 2,
        state: "final",
        message: assistantMessage("Hi there."),
        usage,
        stopReason: "stop",
      }),
    ],
    result: toResult("Hi there."),
  },
  {
    title: "An image and a document",
    params: {
      message: "Do the picture and the table agree?",
      attachments: [
        picture,
        { mimeType: "text/csv", fileName: "sales.csv", content: "bW9udGgsc2FsZXMKSmFuLDEyCkZlYiwxNQo=" },
      ],
      idempotencyKey: "run-1",
    },
    model: [says("They do."), end],
    accepted: { ...run, status: "accepted", acceptedAt: now },
    result: toResult("They do."),
  },
  {
    title: "An attachment that nothing here can read",
    params: {
      message: "What is in it?",
      attachments: [{ fileName: "a.zip", content: "UEsDBBQAAAAIAA==" }],
      idempotencyKey: "run-1",
    },
    error: {
      code: "unsupported_value",
      message: "attachments[0]: the bytes are not UTF-8 text, a PDF or an image but application/zip",
      param: "attachments[0]",
    },
  },
  {
    title: "A tool that the agent may not use",
    params: { message: "Fly.", idempotencyKey: "run-1", sessionKey: "agent:coder:trip" },
    model: [calls("call_1", "fly", "{}"), ends({ input: 12, output: 2 }, "length")],
    accepted: { runId: "run-1", sessionKey: "agent:coder:trip", status: "accepted", acceptedAt: now },
    result: {
      runId: "run-1",
      status: "ok",
      summary: "completed",
      result: {
        payloads: [],
        meta: {
          durationMs: 0,
          stopReason: "length",
          agentMeta: { agentId: "coder", sessionKey: "agent:coder:trip", model: "builtin/assistant", usage },
        },
      },
    },
  },
  {
    title: "The provider rejects the request",
    params: { message: "Hello.", idempotencyKey: "run-1" },
    model: [fails("upstream_rejected", "The provider does not like this.")],
    accepted: { ...run, status: "accepted", acceptedAt: now },
    events: [
      occurs(agentEvent, {
        ...eventFields(1),
        stream: "lifecycle",
        data: { phase: "start", startedAt: now },
      }),
      occurs(agentEvent, {
        ...eventFields(2),
        stream: "lifecycle",
        data: {
          phase: "error",
          error: "The provider does not like this.",
          errorKind: "upstream_rejected",
          endedAt: now,
        },
      }),
      occurs(chatEvent, {
        ...run,
        seq: 1,
        state: "error",
        errorMessage: "The provider does not like this.",
        errorKind: "upstream_rejected",
      }),
    ],
    error: { code: "upstream_rejected", message: "The provider does not like this." },
  },
  {
    title: "A blank message",
    params: { message: "", idempotencyKey: "run-1" },
    error: { code: "invalid_value", message: "message: must not be empty", param: "message" },
  },
]);

export const waitExamples = methodExamples(agentWait, [
  {
    title: "A run that has ended",
    before: [earlierRun],
    params: { runId: "run-1" },
    model: [says("Hi."), end],
    result: { ...run, status: "ok", startedAt: now, endedAt: now, stopReason: "stop" },
  },
  {
    title: "An unknown run",
    params: { runId: "run-2", timeoutMs: 1 },
    result: { runId: "run-2", status: "timeout" },
  },
]);

export const sendExamples = methodExamples(chatSend, [
  {
    title: "Say something",
    params: { sessionKey: "main", message: "Hello.", idempotencyKey: "run-1" },
    model: [says("Hi."), end],
    result: { runId: "run-1", status: "started" },
    events: [
      occurs(agentEvent, {
        ...eventFields(1),
        stream: "lifecycle",
        data: { phase: "start", startedAt: now },
      }),
      occurs(agentEvent, { ...eventFields(2), stream: "assistant", data: { text: "Hi.", delta: "Hi." } }),
      occurs(chatEvent, {
        ...run,
        seq: 1,
        state: "delta",
        message: assistantMessage("Hi."),
        deltaText: "Hi.",
      }),
      occurs(agentEvent, {
        ...eventFields(3),
        stream: "lifecycle",
        data: { phase: "end", stopReason: "stop", endedAt: now, usage },
      }),
      occurs(chatEvent, {
        ...run,
        seq: 2,
        state: "final",
        message: assistantMessage("Hi."),
        usage,
        stopReason: "stop",
      }),
    ],
  },
  {
    title: "An image without text",
    params: { sessionKey: "main", message: "", attachments: [picture], idempotencyKey: "run-1" },
    model: [says("A dot."), end],
    result: { runId: "run-1", status: "started" },
  },
  {
    title: "Neither a message nor an attachment",
    params: { sessionKey: "main", message: "", idempotencyKey: "run-1" },
    error: {
      code: "invalid_value",
      message: "message: must not be empty without attachments",
      param: "message",
    },
  },
]);

export const historyExamples = methodExamples(chatHistory, [
  {
    title: "The messages of a session",
    before: [earlierRun],
    params: { sessionKey: "main" },
    model: [says("Hi."), end],
    result: {
      sessionKey: "agent:main:main",
      sessionId: "session_1",
      messages: [
        { seq: 1, at: now, runId: "run-1", role: "user", content: [{ type: "text", text: "Hello." }] },
        { seq: 2, at: now, runId: "run-1", role: "assistant", content: [{ type: "text", text: "Hi." }] },
      ],
      runs: [
        {
          runId: "run-1",
          usage: { input: 12, output: 2, cacheRead: 0, cacheWrite: 0, totalTokens: 14 },
        },
      ],
      total: 2,
      nextCursor: null,
    },
  },
]);

export const abortExamples = methodExamples(chatAbort, [
  {
    title: "No run in progress",
    params: { sessionKey: "main" },
    result: { ok: true, aborted: false, runIds: [] },
  },
]);
