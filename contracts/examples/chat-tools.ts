/** Chat examples with the caller's tools: calls, streamed and not, and the tool messages that answer them. */
import type { Example } from "../endpoint.ts";
import type { createChatCompletion } from "../http/chat/endpoint.ts";
import { chunk, completion, openingChunk } from "./chat-shapes.ts";
import { calls, ends, nextCall, says } from "./script.ts";

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city, now.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
} as const;

const question = { role: "user", content: "How is the weather in Oslo?" } as const;
const oslo = {
  id: "call_oslo",
  type: "function",
  function: { name: "get_weather", arguments: '{"city":"Oslo"}' },
} as const;
const bergen = {
  id: "call_bergen",
  type: "function",
  function: { name: "get_weather", arguments: '{"city":"Bergen"}' },
} as const;
const tokenUsage = { input: 58, output: 16 } as const;

export const chatTools: readonly Example<typeof createChatCompletion>[] = [
  {
    title: "A call of your tool",
    request: { body: { model: "openclaw", messages: [question], tools: [weather] } },
    model: [calls("call_oslo", "get_weather", '{"city":', '"Oslo"}'), ends(tokenUsage)],
    reply: completion(tokenUsage, { content: null, refusal: null, tool_calls: [oslo] }, "tool_calls"),
  },
  {
    title: "A call of your tool, streamed",
    request: { body: { model: "openclaw", messages: [question], tools: [weather], stream: true } },
    model: [calls("call_oslo", "get_weather", '{"city":', '"Oslo"}'), ends(tokenUsage)],
    events: [
      openingChunk(null),
      chunk({
        tool_calls: [
          { index: 0, id: "call_oslo", type: "function", function: { name: "get_weather", arguments: "" } },
        ],
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] }),
      chunk({}, "tool_calls"),
    ],
  },
  {
    title: "The result of your tool",
    request: {
      body: {
        model: "openclaw",
        messages: [
          question,
          { role: "assistant", content: null, tool_calls: [oslo] },
          { role: "tool", tool_call_id: "call_oslo", content: '{"celsius":3,"sky":"clear"}' },
        ],
        tools: [weather],
      },
    },
    model: [says("Clear, and 3 degrees."), ends({ input: 83, output: 7 })],
    reply: completion({ input: 83, output: 7 }, { content: "Clear, and 3 degrees.", refusal: null }),
  },
  {
    title: "Two calls at once",
    request: {
      body: {
        model: "openclaw",
        messages: [{ role: "user", content: "How is the weather in Oslo and Bergen?" }],
        tools: [weather],
        tool_choice: "required",
      },
    },
    model: [
      calls("call_oslo", "get_weather", '{"city":"Oslo"}'),
      calls("call_bergen", "get_weather", '{"city":"Bergen"}'),
      ends({ input: 60, output: 32 }),
    ],
    reply: completion(
      { input: 60, output: 32 },
      { content: null, refusal: null, tool_calls: [oslo, bergen] },
      "tool_calls",
    ),
  },
  {
    title: "Two calls at once, streamed after some text",
    request: {
      body: {
        model: "openclaw",
        messages: [{ role: "user", content: "How is the weather in Oslo and Bergen?" }],
        tools: [weather],
        stream: true,
      },
    },
    model: [
      says("I will look."),
      calls("call_oslo", "get_weather", '{"city":"Oslo"}'),
      calls("call_bergen", "get_weather", '{"city":"Bergen"}'),
      ends({ input: 60, output: 36 }),
    ],
    events: [
      openingChunk(),
      chunk({ content: "I will look." }),
      chunk({
        tool_calls: [
          { index: 0, id: "call_oslo", type: "function", function: { name: "get_weather", arguments: "" } },
        ],
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":"Oslo"}' } }] }),
      chunk({
        tool_calls: [
          { index: 1, id: "call_bergen", type: "function", function: { name: "get_weather", arguments: "" } },
        ],
      }),
      chunk({ tool_calls: [{ index: 1, function: { arguments: '{"city":"Bergen"}' } }] }),
      chunk({}, "tool_calls"),
    ],
  },
  {
    title: "A call of a custom tool",
    request: {
      body: {
        model: "openclaw",
        messages: [{ role: "user", content: "List the files." }],
        tools: [{ type: "custom", custom: { name: "shell", description: "Runs one command." } }],
      },
    },
    model: [calls("call_ls", "shell", '{"input":', '"ls -a"}'), ends({ input: 40, output: 9 })],
    reply: completion(
      { input: 40, output: 9 },
      {
        content: null,
        refusal: null,
        tool_calls: [{ id: "call_ls", type: "custom", custom: { name: "shell", input: "ls -a" } }],
      },
      "tool_calls",
    ),
  },
  {
    title: "The activity of the agent's own tools, streamed",
    request: {
      headers: { "x-openclaw-events": "tools" },
      body: {
        model: "openclaw",
        messages: [{ role: "user", content: "What is in notes.txt?" }],
        stream: true,
      },
    },
    model: [
      calls("call_notes", "read", '{"path":"notes.txt"}'),
      ends(tokenUsage),
      nextCall,
      says("There is no such file."),
      ends(tokenUsage),
    ],
    events: [
      openingChunk(),
      {
        ...chunk({}),
        openclaw: { type: "tool_call", id: "call_notes", name: "read", arguments: '{"path":"notes.txt"}' },
      },
      {
        ...chunk({}),
        openclaw: {
          type: "tool_result",
          id: "call_notes",
          text: "notes.txt does not exist.",
          is_error: true,
        },
      },
      chunk({ content: "There is no such file." }),
      chunk({}, "stop"),
    ],
  },
];
