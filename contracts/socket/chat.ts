/** `chat.*`: a conversation for programs that show one: send, read, abort, and the event that tells of answers. */
import { z } from "zod";
import { getSessionHistory, abortSession } from "../http/sessions.ts";
import { createChatCompletion } from "../http/chat/endpoint.ts";
import { SessionMessage } from "../http/session-messages.ts";
import { listOf, longText, shortText } from "../limits.ts";
import { key, ok, params, runId, sessionKey, thinkingLevel, time, usage } from "./fields.ts";
import { event, method } from "./method.ts";
import { methodRunErrors, runParams } from "./run.ts";

const common = { tag: "Chat" } as const;

const { agentId: _, ...said } = runParams;

export const chatSend = method({
  ...common,
  method: "chat.send",
  summary: "Say something in a session",
  description:
    "Begins a run and answers at once; what comes of it, a failure too, is told by the events `chat` and `agent`.",
  auth: createChatCompletion.auth,
  params: params({
    sessionKey: key,
    ...said,
    message: longText().describe("What is said to the agent; it may be empty when there are attachments."),
    timeoutMs: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .describe("Longest run, in milliseconds, where that is less than the agent's own limit."),
  }).refine(({ message: text, attachments = [] }) => text !== "" || attachments.length > 0, {
    path: ["message"],
    error: "must not be empty without attachments",
  }),
  result: z
    .object({
      runId: runId(),
      status: z
        .enum(["started", "in_flight", "ok"])
        .describe(
          "`in_flight`: a call with the same key still runs. `ok`: it has run, and its answer is in the history.",
        ),
    })
    .meta({ id: "ChatSent", description: "The run has begun." }),
  errors: methodRunErrors,
});

export const chatHistory = method({
  ...common,
  method: "chat.history",
  summary: "Read a session",
  description:
    "The newest messages of a session, in the order in which they came; a page has at most 6 MiB. A session that does not exist has none.",
  auth: getSessionHistory.auth,
  params: params({
    sessionKey: key,
    limit: z.int().min(1).max(1_000).optional().describe("Messages of a page, 1–1 000. Default: 200."),
    maxChars: z
      .int()
      .min(20)
      .max(500_000)
      .optional()
      .describe("Longer texts are cut. Default: 12 000 characters."),
    cursor: z.int().min(1).optional().describe("`nextCursor` of the page before: older messages."),
  }),
  result: z
    .object({
      sessionKey: sessionKey(),
      sessionId: shortText().optional().describe("Id of the conversation that the key stands for now."),
      messages: listOf(SessionMessage).describe("What was said."),
      total: z.int().describe("Messages of the whole conversation."),
      nextCursor: z
        .int()
        .nullable()
        .describe("Send it as `cursor` for older messages; null on the oldest page."),
      thinkingLevel: thinkingLevel
        .optional()
        .describe("How much models reason in this session, where it was set."),
    })
    .meta({ id: "ChatHistory", description: "A page of what was said." }),
  errors: ["invalid_session_key", "storage_unavailable"],
});

export const chatAbort = method({
  ...common,
  method: "chat.abort",
  summary: "Abort runs of a session",
  description:
    "Aborts the run that is at work in the session and those that wait for their turn, whichever door they came through; or one of them. What was said is kept, marked as aborted.",
  auth: abortSession.auth,
  params: params({
    sessionKey: key,
    runId: shortText().min(1).optional().describe("Only this run."),
  }),
  result: z
    .object({
      ok,
      aborted: z.boolean().describe("Whether there was such a run."),
      runIds: listOf(shortText()).describe("Ids of the runs that were aborted."),
    })
    .meta({ id: "ChatAborted", description: "No such run is at work any more." }),
  errors: ["invalid_session_key"],
});

const place = {
  runId: runId(),
  sessionKey: sessionKey(),
  seq: z.int().min(1).describe("Counts the `chat` events of the run from 1."),
};

const message = z
  .object({
    role: z.literal("assistant").describe("Always `assistant`."),
    content: z
      .array(
        z.object({
          type: z.literal("text").describe("Always `text`."),
          text: longText().describe("All that the agent has said in this run."),
        }),
      )
      .length(1)
      .describe("One text."),
    timestamp: time().describe("Unix time in milliseconds."),
  })
  .meta({ id: "ChatMessage", description: "The answer, so far or whole." });

export const chatEvent = event({
  ...common,
  event: "chat",
  summary: "An answer, as it comes",
  description:
    "Of every run in a session that you may see. A `delta` has all of the answer so far, and comes at most every 150 ms; exactly one of the other states is the end.",
  auth: "follow",
  droppable: "deltas",
  payload: z
    .discriminatedUnion("state", [
      z.object({
        ...place,
        state: z.literal("delta").describe("Always `delta`."),
        message,
        deltaText: longText().describe("What is new since the `delta` before."),
      }),
      z.object({
        ...place,
        state: z.literal("final").describe("Always `final`."),
        message: message.optional().describe("The whole answer; absent when the agent said nothing."),
        usage: usage.optional(),
        stopReason: shortText().describe("`stop`, `length`, `tool_calls` or `content_filter`."),
      }),
      z.object({
        ...place,
        state: z.literal("aborted").describe("Always `aborted`."),
        message: message.optional().describe("What was said before."),
        stopReason: z.literal("aborted").describe("Always `aborted`."),
      }),
      z.object({
        ...place,
        state: z.literal("error").describe("Always `error`."),
        errorMessage: z.string().max(4096).describe("What went wrong, for people."),
        errorKind: shortText().describe("The code of that, as HTTP has it."),
      }),
    ])
    .meta({ id: "ChatEvent", description: "An answer, as it comes." }),
});
