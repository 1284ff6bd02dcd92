import { expect, test } from "vitest";
import { createResponse } from "../../contracts/http/responses/endpoint.ts";
import { retrieveResponse } from "../../contracts/http/responses/stored.ts";
import { listInputItems } from "../../contracts/http/responses/input-items.ts";
import { parseSchema } from "../../server/lib/validation-error.ts";

const { body } = createResponse;
const hi = { role: "user", content: "hi" };

/** Returns the paths of the issues of a request with `more`. */
const faults = (more: object): readonly string[] =>
  body.safeParse({ input: "hi", ...more }).error?.issues.map(({ path }) => path.join(".")) ?? [];

/** Returns the error message of a request. */
const parseFailure = (request: object): string => {
  try {
    parseSchema(body, request, "body");
    return "no refusal";
  } catch (error) {
    return (error as Error).message;
  }
};

test("nothing is required, and null says the same as leaving a field out", () => {
  const nothing = Object.fromEntries(Object.keys(body.shape).map((field) => [field, null]));
  expect(body.parse(nothing)).toEqual(nothing);
  expect(body.parse({})).toEqual({});
});

test("unknown fields are dropped, not rejected", () => {
  const request = { input: [{ ...hi, unheard_of: 1 }], unknown_metadata: { a: 1 } };
  expect(body.parse(request)).toEqual({ input: [hi] });
});

test("items of every kind are understood, with and without what is optional", () => {
  const input = [
    hi,
    { type: "message", role: "developer", content: [{ type: "input_text", text: "x" }], id: null },
    { role: "assistant", content: [{ type: "output_text", text: "x" }], phase: "commentary" },
    { role: "assistant", content: [{ type: "refusal", refusal: "x" }], status: "completed" },
    { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
    { type: "function_call_output", call_id: "a", output: "x" },
    { type: "function_call_output", call_id: "a", output: [{ type: "input_image", image_url: "data:," }] },
    { type: "custom_tool_call", call_id: "b", name: "c", input: "x" },
    { type: "custom_tool_call_output", call_id: "b", output: "x" },
    { type: "reasoning", summary: [], content: null, encrypted_content: null },
    { type: "compaction", encrypted_content: "x" },
    { type: "item_reference", id: "msg_1" },
    { type: null, id: "msg_1" },
    { id: "msg_1" },
    { type: "web_search_call", id: "ws_1", action: { type: "search", query: "x" } },
  ];
  expect(body.parse({ input }).input).toEqual(input);
});

test("a fault in an item names its place, in terms of the type of that item", () => {
  const first = (item: unknown): string => parseFailure({ input: [item] });
  expect(first({ role: "robot", content: "x" })).toBe(
    'input[0].role: expected one of "user", "assistant", "system", "developer", got "robot"',
  );
  expect(first({ type: "function_call", call_id: "a", arguments: "{}" })).toBe("input[0].name: is required");
  expect(first({ type: "function_call", call_id: "a", name: "f", arguments: 5 })).toBe(
    "input[0].arguments: expected string or object, got number",
  );
  expect(first({ role: "user", content: [{ type: "input_text" }] })).toBe(
    "input[0].content[0].text: is required",
  );
  expect(first(42)).toBe("input[0]: expected object, got number");
  expect(parseFailure({ input: 42 })).toBe("input: expected string or array, got number");
});

test("every form of tool_choice is understood, hosted tools included", () => {
  const namedFunction = { type: "function", name: "f" };
  const forms = [
    "none",
    "auto",
    "required",
    namedFunction,
    { type: "function", function: { name: "f" } },
    { type: "custom", name: "c" },
    { type: "allowed_tools", tools: [namedFunction] },
    { type: "allowed_tools", mode: "required", tools: [namedFunction, { type: "mcp", server_label: "x" }] },
    { type: "web_search_preview" },
  ];
  for (const tool_choice of forms) expect(body.parse({ tool_choice }).tool_choice).toEqual(tool_choice);
  expect(parseFailure({ tool_choice: "any" })).toBe(
    'tool_choice: expected one of "none", "auto", "required", got "any"',
  );
});

test("a tool of an unknown type passes with all it has, a known one has to be whole", () => {
  const hosted = { type: "web_search", filters: { allowed_domains: ["a.example"] } };
  expect(body.parse({ tools: [hosted] }).tools).toEqual([hosted]);
  expect(parseFailure({ tools: [{ type: "function" }] })).toBe("tools[0].name: is required");
  expect(parseFailure({ tools: [{ type: "custom", name: "no spaces" }] })).toBe(
    "tools[0].name: must be made of letters, digits, _ and -",
  );
});

test("numbers keep to the standard's ranges, both ends included", () => {
  const ranges = {
    temperature: [0, 2],
    top_p: [0, 1],
    frequency_penalty: [-2, 2],
    presence_penalty: [-2, 2],
    top_logprobs: [0, 20],
  };
  for (const [name, [low = 0, high = 0]] of Object.entries(ranges)) {
    expect([faults({ [name]: low }), faults({ [name]: high })]).toEqual([[], []]);
    expect([faults({ [name]: low - 1 }), faults({ [name]: high + 1 })]).toEqual([[name], [name]]);
  }
  expect([faults({ max_output_tokens: 16 }), faults({ max_tool_calls: 1 })]).toEqual([[], []]);
  expect(faults({ max_output_tokens: 15 })).toEqual(["max_output_tokens"]);
  expect(faults({ max_tool_calls: 0 })).toEqual(["max_tool_calls"]);
});

test("metadata has at most 16 pairs, keys to 64 and values to 512 characters", () => {
  const pairs = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
  expect(faults({ metadata: pairs(16) })).toEqual([]);
  expect(faults({ metadata: pairs(17) })).toEqual(["metadata"]);
  expect(faults({ metadata: { ["k".repeat(65)]: "v" } })).not.toEqual([]);
  expect(faults({ metadata: { k: "v".repeat(513) } })).toEqual(["metadata.k"]);
});

test("query parameters come as texts", () => {
  expect(retrieveResponse.query.parse({ stream: "true", starting_after: "7", "include[]": "x" })).toEqual({
    stream: "true",
    starting_after: 7,
  });
  expect(listInputItems.query.parse({ limit: "5", order: "asc", after: "msg_1" })).toEqual({
    limit: 5,
    order: "asc",
    after: "msg_1",
  });
  expect(listInputItems.query.safeParse({ limit: "101" }).success).toBe(false);
  expect(retrieveResponse.query.safeParse({ starting_after: "x" }).success).toBe(false);
});
