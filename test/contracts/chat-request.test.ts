import { expect, test } from "vitest";
import { endpoints } from "../../contracts/index.ts";

const { body } = endpoints.createChatCompletion;
const least = { model: "openclaw", messages: [{ role: "user", content: "Hello." }] };

/** Returns the paths of the issues of a minimal request with `more`. */
const faults = (more: object): readonly string[] =>
  body.safeParse({ ...least, ...more }).error?.issues.map(({ path }) => path.join(".")) ?? [];

test("unknown fields are dropped, not rejected", () => {
  expect(
    body.parse({ ...least, enable_thinking: true, messages: [{ ...least.messages[0], id: "m1" }] }),
  ).toEqual(least);
});

test("every role and type of part is accepted", () => {
  const messages = [
    { role: "developer", content: [{ type: "text", text: "Be brief." }] },
    { role: "system", content: "Be kind.", name: "house" },
    {
      role: "user",
      content: [
        { type: "text", text: "Look:", prompt_cache_breakpoint: { mode: "explicit" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } },
        { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } },
        { type: "file", file: { file_data: "data:text/plain;base64,AAAA", filename: "a.txt" } },
      ],
    },
    { role: "assistant", content: [{ type: "refusal", refusal: "No." }], function_call: null },
    {
      role: "assistant",
      tool_calls: [
        { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
        { id: "b", type: "custom", custom: { name: "c", input: "x" } },
      ],
    },
    { role: "tool", tool_call_id: "a", content: [{ type: "text", text: "1" }] },
    { role: "function", name: "f", content: null },
  ];
  expect(body.parse({ ...least, messages }).messages).toEqual(messages);
});

test("every form of tool_choice is accepted", () => {
  const namedFunction = { type: "function", function: { name: "f" } };
  const forms = [
    "none",
    "auto",
    "required",
    namedFunction,
    { type: "custom", custom: { name: "c" } },
    { type: "allowed_tools", allowed_tools: { mode: "required", tools: [namedFunction] } },
  ];
  for (const tool_choice of forms)
    expect(body.parse({ ...least, tool_choice }).tool_choice).toEqual(tool_choice);
  expect(faults({ tool_choice: { type: "web_search" } })).not.toEqual([]);
});

test("a tool of an unknown type is accepted, a known one is validated", () => {
  expect(faults({ tools: [{ type: "web_search", filters: {} }] })).toEqual([]);
  expect(faults({ tools: [{ type: "function" }] })).toEqual(["tools.0"]);
  expect(faults({ tools: [{ type: "function", function: { name: "no spaces" } }] })).toEqual([
    "tools.0.function.name",
  ]);
});

test("numbers have OpenAI's ranges, including both ends", () => {
  const ranges = {
    temperature: [0, 2],
    top_p: [0, 1],
    frequency_penalty: [-2, 2],
    presence_penalty: [-2, 2],
    top_logprobs: [0, 20],
    n: [1, 128],
  };
  for (const [name, [low = 0, high = 0]] of Object.entries(ranges)) {
    expect(faults({ [name]: low })).toEqual([]);
    expect(faults({ [name]: high })).toEqual([]);
    expect(faults({ [name]: low - 1 })).toEqual([name]);
    expect(faults({ [name]: high + 1 })).toEqual([name]);
  }
  expect(faults({ max_tokens: 0, max_completion_tokens: 0 })).toEqual([]);
  expect(faults({ max_tokens: -1, max_completion_tokens: -1 })).toEqual([]);
  expect(faults({ max_tokens: -2 })).toEqual(["max_tokens"]);
});

test("lists have limits", () => {
  const tool = (name: string) => ({ type: "function", function: { name } });
  const tools = Array.from({ length: 128 }, (_none, index) => tool(`f${index}`));
  expect(faults({ messages: [] })).toEqual(["messages"]);
  expect(faults({ messages: Array(2000).fill(least.messages[0]) })).toEqual([]);
  expect(faults({ messages: Array(2001).fill(least.messages[0]) })).toEqual(["messages"]);
  expect(faults({ tools })).toEqual([]);
  expect(faults({ tools: [...tools, tool("one_more")] })).toEqual(["tools"]);
  expect(faults({ stop: ["a", "b", "c", "d"] })).toEqual([]);
  expect(faults({ stop: ["a", "b", "c", "d", "e"] })).toEqual(["stop"]);
});

test("a session key is visible ASCII of 1 to 396 characters", () => {
  const { headers } = endpoints.createChatCompletion;
  const accepts = (key: string): boolean => headers.safeParse({ "x-openclaw-session-key": key }).success;
  expect([accepts("a"), accepts("~".repeat(396))]).toEqual([true, true]);
  expect(["", "a b", "ä", "a\n", "a".repeat(397)].map(accepts)).toEqual([false, false, false, false, false]);
});
