/** POST /v1/responses. */
import { RateLimitHeaders } from "../rate-limits.ts";
import { endpoint } from "../../endpoint.ts";
import { AgentHeaders, RunReplyHeaders } from "../agent-headers.ts";
import { idempotencyErrors, IdempotencyHeaders, IdempotencyReplyHeaders } from "../idempotency.ts";
import { ResponseEvent } from "./events.ts";
import { ResponseRequest } from "./request.ts";
import { createdResponseLinks, runSessionLinks } from "../links.ts";
import { Response } from "./response.ts";
import { runErrors } from "../../run-errors.ts";

export const createResponse = endpoint({
  id: "createResponse",
  method: "post",
  path: "/v1/responses",
  tag: "Responses",
  summary: "Ask an agent for a response",
  description:
    "Runs an agent and returns its response, as JSON or as a stream. The name of an event is its `type`. A stream ends with `response.completed`, `response.incomplete` or `response.failed`; a failure is an `error` event before `response.failed`, and no `[DONE]` follows. A call of one of your tools ends the response; send the result with your next request. Closing the connection aborts the run, unless it is in the background or the gateway is configured to let runs of stored sessions finish. As a WebSocket, the same path answers `response.create` frames with the same events: see /docs/socket.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  headers: AgentHeaders.extend(IdempotencyHeaders.shape),
  body: ResponseRequest,
  bodyLimit: "gateway.http.endpoints.responses.maxBodyBytes",
  responses: { 200: Response },
  links: { ...createdResponseLinks, ...runSessionLinks },
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape).extend(RateLimitHeaders.shape),
  events: ResponseEvent,
  eventNames: "type",
  sentinel: "[DONE]",
  errors: [
    ...idempotencyErrors,
    "unsupported_value",
    "previous_response_not_found",
    "conversation_not_found",
    "unknown_tool_call_id",
    "file_not_found",
    ...runErrors,
  ],
});
