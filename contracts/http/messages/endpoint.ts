/** POST /v1/messages. */
import { endpoint } from "../../endpoint.ts";
import { AgentHeaders, RunReplyHeaders } from "../agent-headers.ts";
import { idempotencyErrors, IdempotencyHeaders, IdempotencyReplyHeaders } from "../idempotency.ts";
import { MessagesEvent } from "./events.ts";
import { Message } from "./message.ts";
import { MessagesRequest } from "./request.ts";
import { shortText } from "../../limits.ts";
import { runErrors } from "../../run-errors.ts";
import { RateHeaders } from "./rate-headers.ts";

const clientSession = shortText()
  .optional()
  .describe(
    "Claude Code's id of its conversation. It selects no session: `sessions.usage` on the WebSocket sums up its tokens under `agent:<id>:client:<id>`, and the log line of each run has it as `clientSession`.",
  );

export const createMessage = endpoint({
  id: "createMessage",
  method: "post",
  path: "/v1/messages",
  tag: "Messages",
  summary: "Ask an agent for a message",
  description:
    "Runs an agent on a conversation and returns its reply in Anthropic's form, at once or as a stream. A stream begins with `message_start` and ends with `message_stop`; a failure is an `error` event, and nothing follows it. A `ping` comes after 10 s without another event. A call of one of your tools ends the reply; send its result with the next request. Closing the connection aborts the run. The credential may come as `x-api-key`, which decides over `Authorization` here.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.messages.enabled"],
  headers: AgentHeaders.extend(IdempotencyHeaders.shape).extend({
    "x-claude-code-session-id": clientSession,
  }),
  body: MessagesRequest,
  bodyLimit: "gateway.http.endpoints.messages.maxBodyBytes",
  responses: { 200: Message },
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape).extend(RateHeaders.shape),
  events: MessagesEvent,
  eventNames: "type",
  errorShape: "anthropic",
  errors: [
    ...idempotencyErrors,
    "unsupported_value",
    "thread_unsupported_request",
    "unknown_tool_call_id",
    "file_not_found",
    ...runErrors,
  ],
});
