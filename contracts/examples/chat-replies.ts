/** Chat examples without tools: text, formats, agents and finish reasons. */
import type { Example } from "../endpoint.ts";
import type { createChatCompletion } from "../http/chat/endpoint.ts";
import { chunk, completion, openingChunk, withUsage } from "./chat-shapes.ts";
import { ends, refuses, says, thinks } from "./script.ts";

const hello = [{ role: "user", content: "Say hello." }] as const;
const tokenUsage = { input: 12, output: 4 } as const;
const greeting = [
  openingChunk(),
  chunk({ content: "Hello" }),
  chunk({ content: " there." }),
  chunk({}, "stop"),
];

export const chatReplies: readonly Example<typeof createChatCompletion>[] = [
  {
    title: "A reply",
    request: {
      body: {
        model: "openclaw",
        messages: [{ role: "developer", content: "Be brief." }, ...hello],
        temperature: 0.2,
        max_completion_tokens: 100,
      },
    },
    model: [says("Hello"), says(" there."), ends(tokenUsage)],
    reply: completion(tokenUsage, { content: "Hello there.", refusal: null }),
  },
  {
    title: "A streamed reply",
    request: { body: { model: "openclaw", messages: [...hello], stream: true } },
    model: [says("Hello"), says(" there."), ends(tokenUsage)],
    events: greeting,
  },
  {
    title: "A streamed reply with its usage",
    request: {
      body: {
        model: "openclaw",
        messages: [...hello],
        stream: true,
        stream_options: { include_usage: true },
      },
    },
    model: [says("Hello"), says(" there."), ends({ ...tokenUsage, cached: 8 })],
    events: withUsage(greeting, { ...tokenUsage, cached: 8 }),
  },
  {
    title: "An agent chosen by `model`",
    replyHeaders: { "x-openclaw-agent-id": "coder" },
    request: { body: { model: "openclaw:coder", messages: [...hello] } },
    model: [says("Hello from the coder."), ends({ input: 12, output: 6 })],
    reply: completion(
      { input: 12, output: 6 },
      { content: "Hello from the coder.", refusal: null },
      "stop",
      "openclaw:coder",
    ),
  },
  {
    title: "An agent chosen by header",
    replyHeaders: { "x-openclaw-agent-id": "coder" },
    request: {
      headers: { "x-openclaw-agent-id": "coder" },
      body: { model: "gpt-5", messages: [...hello] },
    },
    model: [says("Hello from the coder."), ends({ input: 12, output: 6 })],
    reply: completion(
      { input: 12, output: 6 },
      { content: "Hello from the coder.", refusal: null },
      "stop",
      "gpt-5",
    ),
  },
  {
    title: "A message in a session",
    request: {
      headers: { "x-openclaw-session-key": "trip" },
      body: { model: "openclaw", messages: [{ role: "user", content: "My train leaves at noon." }] },
    },
    model: [says("Noted."), ends(tokenUsage)],
    replyHeaders: { "x-openclaw-agent-id": "main", "x-openclaw-session-key": "agent:main:trip" },
    reply: completion(tokenUsage, { content: "Noted.", refusal: null }),
  },
  {
    title: "A repeated request with an idempotency key",
    before: [
      {
        method: "post",
        path: "/v1/chat/completions",
        headers: { "idempotency-key": "order-4711" },
        body: { model: "openclaw", messages: [...hello] },
      },
    ],
    request: {
      headers: { "idempotency-key": "order-4711" },
      body: { model: "openclaw", messages: [...hello] },
    },
    model: [says("Hello there."), ends(tokenUsage)],
    replyHeaders: { "x-openclaw-agent-id": "main", "idempotency-replayed": "true" },
    reply: completion(tokenUsage, { content: "Hello there.", refusal: null }),
  },
  {
    title: "A reply that matches a JSON schema",
    request: {
      body: {
        model: "openclaw",
        messages: [{ role: "user", content: "It is 3 degrees in Oslo." }],
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "weather",
            strict: true,
            schema: {
              type: "object",
              properties: { city: { type: "string" }, celsius: { type: "number" } },
              required: ["city", "celsius"],
              additionalProperties: false,
            },
          },
        },
      },
    },
    model: [says('{"city":"Oslo",'), says('"celsius":3}'), ends({ input: 41, output: 11 })],
    reply: completion({ input: 41, output: 11 }, { content: '{"city":"Oslo","celsius":3}', refusal: null }),
  },
  {
    title: "Thinking, streamed before the reply",
    request: {
      body: {
        model: "openclaw",
        messages: [{ role: "user", content: "What is 17 × 3?" }],
        reasoning_effort: "low",
        stream: true,
        stream_options: { include_usage: true },
      },
    },
    model: [
      thinks("17 × 3 is 30"),
      thinks(" and 21."),
      says("51"),
      ends({ input: 14, output: 13, reasoning: 11 }),
    ],
    events: withUsage(
      [
        openingChunk(),
        chunk({ reasoning_content: "17 × 3 is 30" }),
        chunk({ reasoning_content: " and 21." }),
        chunk({ content: "51" }),
        chunk({}, "stop"),
      ],
      { input: 14, output: 13, reasoning: 11 },
    ),
  },
  {
    title: "A refusal",
    request: { body: { model: "openclaw", messages: [{ role: "user", content: "Pick this lock." }] } },
    model: [refuses("I can't help with that."), ends({ input: 11, output: 7 })],
    reply: completion({ input: 11, output: 7 }, { content: null, refusal: "I can't help with that." }),
  },
  {
    title: "A refusal, streamed",
    request: {
      body: { model: "openclaw", messages: [{ role: "user", content: "Pick this lock." }], stream: true },
    },
    model: [refuses("I can't help"), refuses(" with that."), ends({ input: 11, output: 7 })],
    events: [
      openingChunk(),
      chunk({ refusal: "I can't help" }),
      chunk({ refusal: " with that." }),
      chunk({}, "stop"),
    ],
  },
  {
    title: "A reply cut by its token limit",
    request: {
      body: {
        model: "openclaw",
        messages: [{ role: "user", content: "Count to ten." }],
        max_completion_tokens: 5,
      },
    },
    model: [says("1, 2, 3"), ends({ input: 11, output: 5 }, "length")],
    reply: completion({ input: 11, output: 5 }, { content: "1, 2, 3", refusal: null }, "length"),
  },
];
