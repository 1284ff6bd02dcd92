/** POST /v1/responses. */
import { endpoint } from "../../endpoint.ts";
import { AgentHeaders, RunReplyHeaders } from "../agent-headers.ts";
import { idempotencyErrors, IdempotencyHeaders, IdempotencyReplyHeaders } from "../idempotency.ts";
import { ResponseEvent } from "./events.ts";
import { ResponseRequest } from "./request.ts";
import { Response } from "./response.ts";
import { runErrors } from "../../run-errors.ts";

export const createResponse = endpoint({
  id: "createResponse",
  method: "post",
  path: "/v1/responses",
  tag: "Responses",
  summary: "Ask an agent for a response",
  description:
    "Runs an agent and answers with its response, whole or streamed: an event's name on the wire is its `type`. The stream is complete with `response.completed`, `response.incomplete` or `response.failed`; a failure comes as an `error` event before `response.failed`, and then there is no `[DONE]`. A call of one of your tools ends the response, and your next request carries the result. Closing the connection stops the run, unless it is in the background or the gateway is set to let runs of stored sessions finish. Opened as a WebSocket, the same path answers `response.create` frames with the same events: see /docs/socket.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  headers: AgentHeaders.extend(IdempotencyHeaders.shape),
  body: ResponseRequest,
  bodyLimit: "gateway.http.endpoints.responses.maxBodyBytes",
  reply: Response,
  replyHeaders: RunReplyHeaders.extend(IdempotencyReplyHeaders.shape),
  events: ResponseEvent,
  eventNames: "type",
  sentinel: "[DONE]",
  errors: [
    ...idempotencyErrors,
    "unsupported_value",
    "previous_response_not_found",
    "unknown_tool_call_id",
    ...runErrors,
  ],
});
