/** `chat.*`: send a message, read the history, abort runs, and the `chat` event. For programs that show a conversation. */
import { z } from "zod";
import { getSessionHistory, abortSession } from "../http/sessions.ts";
import { createChatCompletion } from "../http/chat/endpoint.ts";
import { SessionMessage } from "../http/session-messages.ts";
import { listOf, longText, shortText } from "../limits.ts";
import { key, ok, params, runId, sessionId, sessionKey, thinkingLevel, time, usage } from "./fields.ts";
import { event, method } from "./method.ts";
import { methodRunErrors, runParams } from "./run.ts";

const common = { tag: "Chat" } as const;

export const chatSend = method({
  ...common,
  method: "chat.send",
  summary: "Send a message to a session",
  description:
    "Starts a run and returns at once. The events `chat` and `agent` report its progress and its result or failure.",
  auth: createChatCompletion.auth,
  params: params({
    sessionKey: key,
    ...runParams,
    sessionId: sessionId
      .optional()
      .describe("Id of the conversation that the client shows. Accepted and ignored: `sessionKey` decides."),
    message: longText().describe("Message to the agent. It may be empty when there are attachments."),
    timeoutMs: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .describe("Time limit of the run, in milliseconds. A limit above the agent's own has no effect."),
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
          "`in_flight`: a run with the same key has not ended. `ok`: a run with the same key has completed; its reply is in the history.",
        ),
    })
    .meta({ id: "ChatSent", description: "The run has started." }),
  errors: methodRunErrors,
});

const HistoryMessage = SessionMessage.extend({
  truncated: z
    .literal(true)
    .optional()
    .describe(
      "Present when a text of the message is longer than `maxChars`. `GET /sessions/{key}/history` returns it complete: with the `cursor` `seq` + 1 and the `limit` 1.",
    ),
}).meta({
  id: "ChatHistoryMessage",
  description: "A message of a stored conversation, with shortened texts.",
});

const HistoryRun = z
  .object({
    runId: runId(),
    usage,
    costMicroUsd: z
      .int()
      .min(0)
      .optional()
      .describe("Cost in millionths of a US dollar. Absent when the price of a call is not known."),
  })
  .meta({ id: "ChatHistoryRun", description: "What the model calls of a run have used." });

export const chatHistory = method({
  ...common,
  method: "chat.history",
  summary: "Read a session",
  description:
    "The newest messages of a session, oldest first. A page has at most 6 MiB. A session that does not exist has no messages.",
  auth: getSessionHistory.auth,
  params: params({
    sessionKey: key,
    limit: z
      .int()
      .min(1)
      .max(1_000)
      .optional()
      .describe("Maximum number of messages in the page, 1–1 000. Default: 200."),
    maxChars: z
      .int()
      .min(20)
      .max(500_000)
      .optional()
      .describe("Maximum length of a text, in characters; longer texts are truncated. Default: 12 000."),
    cursor: z.int().min(1).optional().describe("`nextCursor` of the previous page, for older messages."),
  }),
  result: z
    .object({
      sessionKey: sessionKey(),
      sessionId: shortText().optional().describe("Id of the key's current conversation."),
      messages: listOf(HistoryMessage).describe("The messages."),
      runs: listOf(HistoryRun).describe(
        "The runs of these messages whose model calls are still in the usage records, which are kept for `usage.retention`.",
      ),
      total: z.int().describe("Number of messages in the conversation."),
      nextCursor: z
        .int()
        .nullable()
        .describe("Send it as `cursor` for older messages. Null on the oldest page."),
      thinkingLevel: thinkingLevel
        .optional()
        .describe("How much models reason in this session. Absent unless set."),
    })
    .meta({ id: "ChatHistory", description: "A page of messages." }),
  errors: ["invalid_session_key", "storage_unavailable"],
});

export const chatAbort = method({
  ...common,
  method: "chat.abort",
  summary: "Abort runs of a session",
  description:
    "Aborts the active run of a session and its waiting runs, from every endpoint; or only the run `runId`. The partial reply is stored and marked as aborted. `storage_unavailable`: the gateway cannot read who owns the session; your own runs are aborted nevertheless.",
  auth: abortSession.auth,
  params: params({
    sessionKey: key,
    runId: shortText().min(1).optional().describe("Aborts only this run."),
  }),
  result: z
    .object({
      ok,
      aborted: z.boolean().describe("Whether a run was aborted."),
      runIds: listOf(shortText()).describe("Ids of the aborted runs."),
    })
    .meta({ id: "ChatAborted", description: "The runs are aborted." }),
  errors: ["invalid_session_key", "storage_unavailable"],
});

const envelope = {
  runId: runId(),
  sessionKey: sessionKey(),
  seq: z.int().min(1).describe("Number of the event among the `chat` events of the run, from 1."),
};

const message = z
  .object({
    role: z.literal("assistant").describe("Always `assistant`."),
    content: z
      .array(
        z.object({
          type: z.literal("text").describe("Always `text`."),
          text: longText().describe("The reply of this run so far."),
        }),
      )
      .length(1)
      .describe("One text part."),
    timestamp: time().describe("Unix time in milliseconds."),
  })
  .meta({ id: "ChatMessage", description: "The reply, partial or complete." });

export const chatEvent = event({
  ...common,
  event: "chat",
  summary: "A reply in progress",
  description:
    "Sent for every run in a session that you may see. A `delta` has the full reply so far, and is sent at most every 150 ms. Exactly one event with another state ends the run.",
  auth: "follow",
  droppable: "deltas",
  payload: z
    .discriminatedUnion("state", [
      z.object({
        ...envelope,
        state: z.literal("delta").describe("Always `delta`."),
        message: message
          .optional()
          .describe(
            "The reply so far. Absent for a connection with `text-deltas` that has received the text before `deltaText`.",
          ),
        deltaText: longText().describe("Text added since the previous `delta`."),
      }),
      z.object({
        ...envelope,
        state: z.literal("final").describe("Always `final`."),
        message: message.optional().describe("The complete reply. Absent when it is empty."),
        usage: usage.optional(),
        stopReason: shortText().describe("`stop`, `length`, `tool_calls` or `content_filter`."),
      }),
      z.object({
        ...envelope,
        state: z.literal("aborted").describe("Always `aborted`."),
        message: message.optional().describe("The partial reply."),
        stopReason: z.literal("aborted").describe("Always `aborted`."),
      }),
      z.object({
        ...envelope,
        state: z.literal("error").describe("Always `error`."),
        errorMessage: z.string().max(4096).describe("Error message for people."),
        errorKind: shortText().describe("Error code, the same as over HTTP."),
      }),
    ])
    .meta({ id: "ChatEvent", description: "A reply in progress." }),
});
