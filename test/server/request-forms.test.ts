/** Requests in forms of other servers and older clients are read as the forms of the contract. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import { allEndpoints, startTestGateway } from "../support/gateway/gateway.ts";
import { request } from "../support/gateway/keys.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const config = { gateway: { http: { endpoints: allEndpoints } } };

interface Answer {
  readonly status: number;
  readonly message: string | undefined;
  /** The call of the model. Undefined for a rejected request. */
  readonly call: ModelCall | undefined;
}

type Send = (body: object) => Promise<Answer>;

/** Sends requests of each dialect to one gateway. */
async function startGateway(): Promise<{
  readonly chat: Send;
  readonly respond: Send;
  readonly message: Send;
}> {
  const { model, modelCalls } = createModelSequence([says("Done.")]);
  const gateway = await startTestGateway({ config, model });
  async function send(path: string, body: object): Promise<Answer> {
    const callCount = modelCalls.length;
    const response = await request(gateway, path, { body: { model: "openclaw", ...body } });
    const { error } = (await response.json()) as { error?: { message: string } | null };
    return { status: response.status, message: error?.message, call: modelCalls[callCount] };
  }
  return {
    chat: (body) => send("/v1/chat/completions", body),
    respond: (body) => send("/v1/responses", body),
    message: (body) => send("/v1/messages", { max_tokens: 100, ...body }),
  };
}

const hi = { role: "user", content: "Hi." } as const;
const schema = { type: "object", properties: { city: { type: "string" } } };
const description = "The weather.";

/** Returns the caller's tools in the call of the model, or the reason of a rejection. */
const readTools = ({ call, message: reason }: Answer): unknown =>
  call?.tools.filter(({ name }) => name === "weather") ?? reason;

test.each([
  ["nested, without type", { function: { name: "weather", description, parameters: schema } }],
  ["flat, as in responses", { type: "function", name: "weather", description, parameters: schema }],
  ["flat, without type", { name: "weather", description, parameters: schema }],
  ["as in messages", { name: "weather", description, input_schema: schema }],
  ["as in messages, with type", { type: "custom", name: "weather", description, input_schema: schema }],
])("chat: a function tool may be %s", async (_form, tool) => {
  const { chat } = await startGateway();
  const answer = await chat({ messages: [hi], tools: [tool] });
  expect(readTools(answer)).toMatchObject([{ name: "weather", description, parameters: schema }]);
});

test.each([
  ["flat, without type", { name: "weather", description, parameters: schema }],
  ["nested, without type", { function: { name: "weather", description, parameters: schema } }],
])("responses: a function tool may be %s, and is echoed in the form of responses", async (_form, tool) => {
  const { respond } = await startGateway();
  const answer = await respond({ input: "Hi.", tools: [tool] });
  expect(readTools(answer)).toMatchObject([{ name: "weather", description, parameters: schema }]);
});

test.each([
  [{ type: "function", name: "weather" }, { name: "weather" }],
  [{ type: "tool", name: "weather" }, { name: "weather" }],
  [{ type: "any" }, "required"],
  [{ type: "auto" }, "auto"],
])("chat: tool_choice may be %j", async (tool_choice, toolChoice) => {
  const { chat } = await startGateway();
  const { call } = await chat({ messages: [hi], tools: [{ name: "weather" }], tool_choice });
  expect(call?.toolChoice).toEqual(toolChoice);
});

test("the arguments of an earlier call may be an object or missing, and its type may be missing", async () => {
  const { chat, respond } = await startGateway();
  const callOf = ({ call }: Answer): unknown =>
    call?.turns.flatMap((turn) =>
      turn.role === "assistant" ? turn.content.map((part) => "arguments" in part && part.arguments) : [],
    );
  const ofChat = (fields: object): Promise<Answer> =>
    chat({
      messages: [
        hi,
        { role: "assistant", tool_calls: [{ id: "a", function: { name: "weather", ...fields } }] },
        { role: "tool", tool_call_id: "a", content: [{ text: "warm" }] },
      ],
    });
  expect(callOf(await ofChat({ arguments: { city: "Oslo" } }))).toEqual(['{"city":"Oslo"}']);
  expect(callOf(await ofChat({ arguments: '{"city": "Oslo"}' }))).toEqual(['{"city": "Oslo"}']);
  expect(callOf(await ofChat({ arguments: null }))).toEqual(["{}"]);
  expect(callOf(await ofChat({}))).toEqual(["{}"]);
  const ofResponses = (fields: object): Promise<Answer> =>
    respond({
      input: [
        hi,
        { type: "function_call", call_id: "a", name: "weather", ...fields },
        { type: "function_call_output", call_id: "a", output: "warm" },
      ],
    });
  expect(callOf(await ofResponses({ arguments: { city: "Oslo" } }))).toEqual(['{"city":"Oslo"}']);
  expect(callOf(await ofResponses({}))).toEqual(["{}"]);
});

test("a stored response lists the arguments of a call as text", async () => {
  const gateway = await startTestGateway({ config, model: createModelSequence([says("Done.")]).model });
  const input = [
    hi,
    { type: "function_call", call_id: "a", name: "weather", arguments: { city: "Oslo" } },
    { type: "function_call_output", call_id: "a", output: "warm" },
    { role: "user", content: "" },
  ];
  const response = await request(gateway, "/v1/responses", { body: { input, max_output_tokens: -1 } });
  const { id, max_output_tokens } = (await response.json()) as { id: string; max_output_tokens: unknown };
  expect(max_output_tokens).toBe(null);
  const items = await request(gateway, `/v1/responses/${id}/input_items?order=asc`);
  expect(await items.json()).toMatchObject({
    data: [
      { content: [{ type: "input_text", text: "Hi." }] },
      { arguments: '{"city":"Oslo"}' },
      { output: "warm" },
      { content: [{ type: "input_text", text: "" }] },
    ],
  });
});

const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("text and image parts may have no type", async () => {
  const { chat, message } = await startGateway();
  const ofChat = await chat({
    messages: [
      { role: "system", content: [{ text: "Be brief." }] },
      { role: "user", content: [{ text: "What is it?" }, { image_url: { url: pixel } }] },
      { role: "assistant", content: [{ text: "A dot." }] },
      { role: "user", content: [{ type: null, text: "Sure?" }] },
    ],
  });
  expect(ofChat.call?.system).toContain("Be brief.");
  expect(ofChat.call?.turns).toMatchObject([
    { content: [{ type: "text", text: "What is it?" }, { type: "image" }] },
    { content: [{ type: "text", text: "A dot." }] },
    { content: [{ type: "text", text: "Sure?" }] },
  ]);
  const ofMessages = await message({
    system: [{ text: "Be brief." }],
    messages: [
      { role: "user", content: [{ text: "Look." }] },
      { role: "assistant", content: [{ type: "tool_use", id: "a", name: "weather", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: [{ text: "warm" }] }] },
    ],
  });
  expect(ofMessages.call?.system).toContain("Be brief.");
  expect(ofMessages.call?.turns).toMatchObject([
    { content: [{ text: "Look." }] },
    { content: [{ type: "tool_call" }] },
    { role: "tool", content: [{ text: "warm" }] },
  ]);
});

test("−1 and 0 tokens mean no limit", async () => {
  const { chat, respond } = await startGateway();
  for (const limit of [-1, 0]) {
    expect((await chat({ messages: [hi], max_tokens: limit })).call).toMatchObject({
      maxOutputTokens: undefined,
    });
    expect((await respond({ input: "Hi.", max_output_tokens: limit })).call).toMatchObject({
      maxOutputTokens: undefined,
    });
  }
  expect((await chat({ messages: [hi], max_completion_tokens: -1, max_tokens: 9 })).call).toMatchObject({
    maxOutputTokens: 9,
  });
});

test("an error names the field in the form that was sent", async () => {
  const { chat, respond } = await startGateway();
  const messageOf = async (answer: Promise<Answer>): Promise<string | undefined> => (await answer).message;
  expect(await messageOf(chat({ messages: [hi], tools: [{ name: "no spaces" }] }))).toBe(
    "tools[0].name: must be made of letters, digits, _ and -",
  );
  expect(await messageOf(chat({ messages: [hi], tools: [{ type: "function" }] }))).toBe(
    "tools[0].function: is required",
  );
  expect(await messageOf(chat({ messages: [{ role: "user", content: [{ image_url: 5 }] }] }))).toBe(
    "messages[0].content[0].image_url: expected string or object, got number",
  );
  expect(await messageOf(respond({ input: "Hi.", max_output_tokens: 3 }))).toBe(
    "max_output_tokens: must be at least 16",
  );
  expect(await messageOf(respond({ input: [{ role: "user", content: [{ text: "Hi." }] }] }))).toMatch(
    /^input\[0\]\.content\[0\]\.type: is required/,
  );
});
