/** Examples of responses that fail: before the model call, in the provider, and during a stream. */
import type { Example } from "../endpoint.ts";
import type { createResponse } from "../http/responses/endpoint.ts";
import type { OutputItem } from "../http/responses/response.ts";
import { message, response, stream, messageEvents } from "./responses-shapes.ts";
import { fails, says } from "./script.ts";

type Create = typeof createResponse;

/** A provider's failure before the first event is an ordinary HTTP error. */
function createProviderFailure(title: string, code: Create["errors"][number], text: string): Example<Create> {
  return {
    title,
    request: { body: { model: "openclaw", input: "Say hello." } },
    replyHeaders: { "x-openclaw-agent-id": "main" },
    model: [fails(code, text)],
    error: { code, message: text, param: null },
  };
}

const createIncompleteMessage = (): Extract<OutputItem, { type: "message" }> => {
  const { phase: _none, ...item } = message(0, "Hel");
  return { ...item, status: "incomplete" };
};
const failure = {
  code: "upstream_protocol",
  message: "The model provider's answer was cut.",
  param: null,
} as const;

export const responseFailures: readonly Example<Create>[] = [
  {
    title: "An agent that does not exist",
    request: { body: { model: "openclaw:nobody", input: "Say hello." } },
    error: { code: "model_not_found", message: 'No agent "nobody". Agents: main, coder.', param: "model" },
  },
  {
    title: "An input of the wrong type",
    request: {
      // @ts-expect-error The contract takes a text or a list: that is the point.
      body: { model: "openclaw", input: 42 },
    },
    error: { code: "invalid_type", message: "input: expected string or array, got number", param: "input" },
  },
  {
    title: "Nothing to answer",
    request: { body: { model: "openclaw" } },
    error: { code: "missing_required_parameter", message: "input: is required", param: "input" },
  },
  {
    title: "A prompt kept at OpenAI",
    request: { body: { model: "openclaw", input: "Say hello.", prompt: { id: "pmpt_1" } } },
    error: {
      code: "unsupported_value",
      message: "prompt: write it into instructions, or into the agent's own",
      param: "prompt",
    },
  },
  {
    title: "A conversation that does not exist",
    request: { body: { model: "openclaw", input: "Say hello.", conversation: "conv_none" } },
    error: {
      code: "conversation_not_found",
      message: 'There is no conversation "conv_none".',
      param: "conversation",
    },
  },
  {
    title: "A response to continue that does not exist",
    request: { body: { model: "openclaw", input: "Go on.", previous_response_id: "resp_none" } },
    error: {
      code: "previous_response_not_found",
      message: 'previous_response_id: the agent "main" has no stored response "resp_none"',
      param: "previous_response_id",
    },
  },
  {
    title: "Two conversations at once",
    request: {
      headers: { "x-openclaw-session-key": "notes" },
      body: { model: "openclaw", input: "Go on.", previous_response_id: "resp_1" },
    },
    error: {
      code: "invalid_value",
      message:
        "previous_response_id: the request names a conversation twice; send this or x-openclaw-session-key",
      param: "previous_response_id",
    },
  },
  {
    title: "A reserved session key",
    request: {
      headers: { "x-openclaw-session-key": "cron:daily" },
      body: { model: "openclaw", input: "Say hello." },
    },
    error: {
      code: "invalid_session_key",
      message: 'x-openclaw-session-key: keys that begin with "cron:" are reserved',
      param: "x-openclaw-session-key",
    },
  },
  {
    title: "An output that answers nothing",
    replyHeaders: { "x-openclaw-agent-id": "main" },
    request: {
      body: {
        model: "openclaw",
        input: [
          { role: "user", content: "Say hello." },
          { type: "function_call_output", call_id: "call_none", output: "42" },
        ],
      },
    },
    error: {
      code: "unknown_tool_call_id",
      message: 'input[1].call_id: the conversation has no call "call_none"',
      param: "input[1].call_id",
    },
  },
  createProviderFailure(
    "A provider that fails",
    "upstream_error",
    "The model provider failed with status 500.",
  ),
  {
    title: "A stream that fails midway",
    request: { body: { model: "openclaw", input: "Say hello.", stream: true } },
    model: [says("Hel"), fails(failure.code, failure.message)],
    events: stream(
      response(null, [createIncompleteMessage()], {
        status: "failed",
        completed_at: null,
        error: { code: "server_error", message: failure.message },
      }),
      ...messageEvents(createIncompleteMessage(), "Hel"),
      { type: "error", ...failure, error: { type: "server_error", ...failure } },
    ),
    failure,
  },
];
