/** POST /v1/chat/completions. */
import { RateLimitHeaders } from "../rate-limits.ts";
import { endpoint } from "../../endpoint.ts";
import { AgentHeaders, RunReplyHeaders } from "../agent-headers.ts";
import { idempotencyErrors, IdempotencyHeaders, IdempotencyReplyHeaders } from "../idempotency.ts";
import { runSessionLinks } from "../links.ts";
import { ChatCompletionChunk } from "./chunk.ts";
import { ChatCompletion } from "./completion.ts";
import { ChatCompletionRequest } from "./request.ts";
import { runErrors } from "../../run-errors.ts";

export const createChatCompletion = endpoint({
  id: "createChatCompletion",
  method: "post",
  path: "/v1/chat/completions",
  tag: "Chat",
  summary: "Ask an agent",
  description:
    "Runs an agent on a conversation and returns its reply, at once or as a stream. A call of one of your tools ends the run; send its result with the next request. Closing the connection aborts the run, unless `gateway.http.onDisconnect` is `finish` and the run has a session.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.chatCompletions.enabled"],
  headers: AgentHeaders.extend(IdempotencyHeaders.shape),
  body: ChatCompletionRequest,
  bodyLimit: "gateway.http.endpoints.chatCompletions.maxBodyBytes",
  links: runSessionLinks,
  responses: { 200: ChatCompletion },
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape).extend(RateLimitHeaders.shape),
  events: ChatCompletionChunk,
  sentinel: "[DONE]",
  errors: [...idempotencyErrors, "unsupported_value", "unknown_tool_call_id", "file_not_found", ...runErrors],
});
