/** Examples of POST /v1/messages, the simplest first. */
import { examplesFor, type Example } from "../endpoint.ts";
import { countMessageTokens } from "../http/messages/count-tokens.ts";
import { createMessage } from "../http/messages/endpoint.ts";
import { probeConnection, probeRoot } from "../http/messages/probe.ts";
import {
  block,
  inputDelta,
  message,
  messageEnd,
  messageStart,
  textBlock,
  textDelta,
  toolUse,
  type MessagesContract,
} from "./messages-shapes.ts";
import { calls, ends, fails, nextCall, refuses, says, thinks } from "./script.ts";

const hello = { role: "user", content: "Say hello." } as const;
const usage = { input: 12, output: 4 } as const;
const start = { model: "openclaw", max_tokens: 1000, messages: [hello] } as const;
const weather = {
  name: "get_weather",
  description: "Returns the weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
} as const;
const question = { role: "user", content: "What is the weather in Oslo?" } as const;
const callOslo = calls("toolu_1", "get_weather", '{"city": ', '"Oslo"}');

const replies: readonly Example<MessagesContract>[] = [
  {
    title: "A message",
    request: { body: { ...start, messages: [hello], system: "Be brief." } },
    model: [says("Hello"), says(" there."), ends(usage)],
    reply: message(usage, [textBlock("Hello there.")]),
  },
  {
    title: "A streamed message",
    request: { body: { ...start, messages: [hello], stream: true } },
    model: [says("Hello"), says(" there."), ends({ ...usage, cached: 8 })],
    events: [
      messageStart(4),
      ...block(0, textBlock(""), textDelta("Hello"), textDelta(" there.")),
      ...messageEnd({ ...usage, cached: 8 }),
    ],
  },
  {
    title: "A small model's name that is an agent's",
    replyHeaders: { "x-openclaw-agent-id": "coder" },
    request: { body: { ...start, messages: [hello], model: "claude-openclaw-coder" } },
    model: [says("Hello from the coder."), ends(usage)],
    reply: message(usage, [textBlock("Hello from the coder.")], {}, "claude-openclaw-coder"),
  },
  {
    title: "A message in a session",
    request: { headers: { "x-openclaw-session-key": "trip" }, body: { ...start, messages: [hello] } },
    model: [says("Hello."), ends(usage)],
    replyHeaders: { "x-openclaw-agent-id": "main", "x-openclaw-session-key": "agent:main:trip" },
    reply: message(usage, [textBlock("Hello.")]),
  },
  {
    title: "A message at its token limit",
    request: { body: { ...start, messages: [hello], max_tokens: 2, temperature: 0.2 } },
    model: [says("Hello"), ends(usage, "length")],
    reply: message(usage, [textBlock("Hello")], { stop_reason: "max_tokens" }),
  },
  {
    title: "A refusal",
    request: { body: { ...start, messages: [hello] } },
    model: [refuses("I cannot help with that."), ends(usage)],
    reply: message(usage, [textBlock("I cannot help with that.")], {
      stop_reason: "refusal",
      stop_details: { type: "refusal", category: null, explanation: "I cannot help with that." },
    }),
  },
  {
    title: "Thinking that was not asked for",
    request: { body: { ...start, messages: [hello] } },
    model: [thinks("A greeting."), says("Hello."), ends(usage)],
    reply: message(usage, [textBlock("Hello.")]),
  },
];

const tools: readonly Example<MessagesContract>[] = [
  {
    title: "A tool call",
    request: { body: { ...start, messages: [question], tools: [weather] } },
    model: [callOslo, ends(usage)],
    reply: message(usage, [toolUse("toolu_1", "get_weather", { city: "Oslo" })], { stop_reason: "tool_use" }),
  },
  {
    title: "A streamed tool call",
    request: { body: { ...start, messages: [question], tools: [weather], stream: true } },
    model: [says("Let me look."), callOslo, ends(usage)],
    events: [
      messageStart(39),
      ...block(0, textBlock(""), textDelta("Let me look.")),
      ...block(1, toolUse("toolu_1", "get_weather", {}), inputDelta('{"city": '), inputDelta('"Oslo"}')),
      ...messageEnd(usage, { stop_reason: "tool_use" }),
    ],
  },
  {
    title: "The result of a tool call",
    request: {
      body: {
        ...start,
        tools: [weather],
        messages: [
          question,
          {
            role: "assistant",
            content: [{ type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Oslo" } }],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "Snow." }] },
        ],
      },
    },
    model: [says("It snows in Oslo."), ends(usage)],
    reply: message(usage, [textBlock("It snows in Oslo.")]),
  },
  {
    title: "A call of the agent's own tool",
    request: { body: { ...start, messages: [hello] } },
    model: [
      calls("call_1", "sessions_list", "{}"),
      ends(usage),
      nextCall,
      says("There are none."),
      ends(usage),
    ],
    reply: message({ input: 24, output: 8 }, [textBlock("There are none.")]),
  },
];

const failures: readonly Example<MessagesContract>[] = [
  {
    title: "An agent that does not exist",
    request: { body: { ...start, messages: [hello], model: "openclaw:nobody" } },
    error: { code: "model_not_found", message: 'No agent "nobody". Agents: main, coder.', param: "model" },
  },
  {
    title: "No `max_tokens`",
    request: {
      // @ts-expect-error The contract requires it.
      body: { model: "openclaw", messages: [hello] },
    },
    error: { code: "missing_required_parameter", message: "max_tokens: is required", param: "max_tokens" },
  },
  {
    title: "MCP servers of the caller",
    request: {
      body: { ...start, messages: [hello], mcp_servers: [{ type: "url", url: "https://example.com" }] },
    },
    error: {
      code: "unsupported_value",
      message: "mcp_servers: configure MCP servers for the agent; leave this out",
      param: "mcp_servers",
    },
  },
  {
    title: "A thread",
    request: { body: { ...start, messages: [hello], thread: { type: "new" } } },
    error: {
      code: "thread_unsupported_request",
      message: "thread: this gateway keeps no threads; send all messages",
      param: "thread",
    },
  },
  {
    title: "The result of an unknown call",
    replyHeaders: { "x-openclaw-agent-id": "main" },
    request: {
      body: {
        ...start,
        messages: [
          { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_9", content: "Snow." }] },
        ],
      },
    },
    error: {
      code: "unknown_tool_call_id",
      message: 'messages[0].content[0].tool_use_id: the conversation has no call "toolu_9"',
      param: "messages[0].content[0].tool_use_id",
    },
  },
  {
    title: "A provider that is busy",
    replyHeaders: { "x-openclaw-agent-id": "main" },
    request: { body: { ...start, messages: [hello] } },
    model: [fails("rate_limit_exceeded", "provider.example limits the rate of requests (HTTP 429).")],
    error: {
      code: "rate_limit_exceeded",
      message: "provider.example limits the rate of requests (HTTP 429).",
      param: null,
    },
  },
  {
    title: "A conversation that is too long",
    replyHeaders: { "x-openclaw-agent-id": "main" },
    request: { body: { ...start, messages: [hello] } },
    model: [fails("context_length_exceeded", "prompt is too long: 9000 tokens > 8192 maximum")],
    error: {
      code: "context_length_exceeded",
      message: "prompt is too long: 9000 tokens > 8192 maximum",
      param: null,
    },
  },
  {
    title: "A stream that fails",
    request: { body: { ...start, messages: [hello], stream: true } },
    model: [says("Hello"), fails("upstream_protocol", "The answer was cut off before its end.")],
    events: [
      messageStart(4),
      { type: "content_block_start", index: 0, content_block: textBlock("") },
      { type: "content_block_delta", index: 0, delta: textDelta("Hello") },
      {
        type: "error",
        error: {
          type: "api_error",
          message: "The answer was cut off before its end.",
          details: { error_code: "upstream_protocol", param: null },
        },
        request_id: "req_1",
      },
    ],
    failure: {
      code: "upstream_protocol",
      message: "The answer was cut off before its end.",
      param: null,
    },
  },
];

export const messages = examplesFor(createMessage, [...replies, ...tools, ...failures], {
  "x-openclaw-agent-id": "main",
});

export const messageTokens = examplesFor(countMessageTokens, [
  {
    title: "A message",
    request: {
      body: { model: "openclaw", messages: [hello], tools: [weather], tool_choice: { type: "any" } },
    },
    replyHeaders: { "x-openclaw-token-count": "estimate" },
    reply: { input_tokens: 35 },
  },
  {
    title: "An agent that does not exist",
    request: { body: { model: "openclaw:nobody", messages: [hello] } },
    error: { code: "model_not_found", message: 'No agent "nobody". Agents: main, coder.', param: "model" },
  },
]);

export const probe = examplesFor(probeConnection, [{ title: "A probe", request: {}, reply: undefined }]);
export const rootProbe = examplesFor(probeRoot, [{ title: "A probe", request: {}, reply: undefined }]);
