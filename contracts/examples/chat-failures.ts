/** Chat examples that fail: before the model call, at the provider, and in the middle of a stream. */
import type { Example } from "../endpoint.ts";
import type { createChatCompletion } from "../http/chat/endpoint.ts";
import { chunk, openingChunk } from "./chat-shapes.ts";
import { fails, says } from "./script.ts";

type Chat = typeof createChatCompletion;

const hello = { role: "user", content: "Say hello." } as const;

/** A provider's failure before the first byte is an ordinary error response. */
function providerFails(title: string, code: Chat["errors"][number], message: string): Example<Chat> {
  return {
    title,
    request: { body: { model: "openclaw", messages: [hello] } },
    model: [fails(code, message)],
    replyHeaders: { "x-openclaw-agent-id": "main" },
    error: { code, message, param: null },
  };
}

export const chatFailures: readonly Example<Chat>[] = [
  {
    title: "An agent that does not exist",
    request: { body: { model: "openclaw:nobody", messages: [hello] } },
    error: { code: "model_not_found", message: 'No agent "nobody". Agents: main, coder.', param: "model" },
  },
  {
    title: "A role that does not exist",
    request: {
      // @ts-expect-error The contract rejects this role.
      body: { model: "openclaw", messages: [{ role: "robot", content: "Beep." }] },
    },
    error: {
      code: "invalid_value",
      message:
        'messages[0].role: expected one of "developer", "system", "user", "assistant", "tool", "function", got "robot"',
      param: "messages[0].role",
    },
  },
  {
    title: "More than one reply",
    request: { body: { model: "openclaw", messages: [hello], n: 2 } },
    error: {
      code: "unsupported_value",
      message: "n: expected 1, got 2; this gateway makes one reply per request",
      param: "n",
    },
  },
  {
    title: "A reserved session key",
    request: {
      headers: { "x-openclaw-session-key": "cron:daily" },
      body: { model: "openclaw", messages: [hello] },
    },
    error: {
      code: "invalid_session_key",
      message: 'x-openclaw-session-key: keys that begin with "cron:" are reserved',
      param: "x-openclaw-session-key",
    },
  },
  {
    title: "An idempotency key of another request",
    before: [
      {
        method: "post",
        path: "/v1/chat/completions",
        headers: { "idempotency-key": "order-4711" },
        body: { model: "openclaw", messages: [hello] },
      },
    ],
    request: {
      headers: { "idempotency-key": "order-4711" },
      body: { model: "openclaw", messages: [{ role: "user", content: "Say goodbye." }] },
    },
    error: {
      code: "idempotency_mismatch",
      message: "idempotency-key: this key was used for another request; choose a new key for a new request.",
      param: "idempotency-key",
    },
  },
  {
    title: "A tool result without a call",
    replyHeaders: { "x-openclaw-agent-id": "main" },
    request: {
      body: {
        model: "openclaw",
        messages: [hello, { role: "tool", tool_call_id: "call_none", content: "42" }],
      },
    },
    error: {
      code: "unknown_tool_call_id",
      message: 'messages[1].tool_call_id: the conversation has no call "call_none"',
      param: "messages[1].tool_call_id",
    },
  },
  providerFails(
    "A conversation that is too long",
    "context_length_exceeded",
    "The conversation does not fit the model's context of 8192 tokens.",
  ),
  providerFails(
    "A request that the provider rejects",
    "upstream_rejected",
    "The model provider refused the request: image too small.",
  ),
  providerFails(
    "The provider's rate limit",
    "rate_limit_exceeded",
    "The model provider's rate limit is reached.",
  ),
  providerFails(
    "A provider that cannot be reached",
    "upstream_unreachable",
    "The model provider could not be reached.",
  ),
  providerFails(
    "A provider that rejects the gateway's key",
    "upstream_auth",
    "The model provider refused the gateway's credential.",
  ),
  providerFails("A provider that fails", "upstream_error", "The model provider failed with status 500."),
  providerFails(
    "A provider that is silent",
    "upstream_timeout",
    "The model provider sent nothing for 60 seconds.",
  ),
  {
    title: "A stream that fails midway",
    request: { body: { model: "openclaw", messages: [hello], stream: true } },
    model: [says("Hel"), fails("upstream_protocol", "The model provider's answer was cut.")],
    events: [openingChunk(), chunk({ content: "Hel" })],
    failure: {
      code: "upstream_protocol",
      message: "The model provider's answer was cut.",
      param: null,
    },
  },
];
