import { expect, test } from "vitest";
import { InputItem } from "../../contracts/http/responses/items.ts";
import { ResponseRequest } from "../../contracts/http/responses/request.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { createTestRun } from "../support/runs/runs.ts";
import type { GatewayError } from "../../server/lib/errors.ts";
import { resolveRequest, type ResolvedRequest } from "../../server/dialects/responses/resolve-request.ts";
import { createEncryption } from "../../server/dialects/encryption.ts";
import { modelTurn } from "../support/runs/turns.ts";

const encryption = createEncryption(Buffer.alloc(32, 1));
const credential = { name: "operator" };
const { agent, models } = createTestRun({ model: createModelSequence([]).model });

/** The run of a request with this body. */
async function parse(body: object): Promise<ResolvedRequest["run"]> {
  const notFound = (): Promise<undefined> => Promise.resolve(undefined);
  const { run } = await resolveRequest(
    { body: ResponseRequest.parse(body), headers: {}, credential },
    {
      findRoute: () => ({ agent, models, sessionKey: undefined }),
      store: { chain: notFound, get: notFound, input: notFound },
      conversations: {
        find: () => Promise.reject(new Error("there are no conversations")),
        itemSources: async function* () {},
      },
      encryption,
    },
  );
  return run;
}

const turnsOf = async (...input: readonly object[]): Promise<unknown> => (await parse({ input })).turns;

/** The code and the field of the error. */
const getError = (body: object): Promise<unknown> =>
  parse({ input: "hi", ...body }).then(
    () => "no error",
    (error: GatewayError) => `${error.code} ${error.param}`,
  );

const user = { role: "user", content: "hi" };

test("a text is one turn of the user, and messages need no type", async () => {
  const turn = { role: "user", content: [{ type: "text", text: "hi" }] };
  expect(await parse({ input: "hi" })).toMatchObject({ turns: [turn], turnParams: ["input"] });
  expect(await turnsOf(user, { type: "message", ...user }, { type: null, ...user })).toEqual([
    turn,
    turn,
    turn,
  ]);
});

test("instructions come first, then system and developer messages in their order", async () => {
  const { instructions, turns } = await parse({
    instructions: "One.",
    input: [
      { role: "developer", content: "Two." },
      user,
      { role: "system", content: [{ type: "input_text", text: "Three." }] },
    ],
  });
  expect(instructions).toBe("One.\n\nTwo.\n\nThree.");
  expect(turns).toHaveLength(1);
});

test("consecutive messages, reasoning and calls of the assistant are one turn", async () => {
  const { turns, turnParams } = await parse({
    input: [
      user,
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }] },
      {
        type: "message",
        role: "assistant",
        phase: "commentary",
        content: [{ type: "output_text", text: "I look.", annotations: [], logprobs: [] }],
      },
      { type: "function_call", call_id: "a", name: "look", arguments: "{}" },
      { type: "custom_tool_call", call_id: "b", name: "shell", input: "ls" },
      { type: "function_call_output", call_id: "a", output: "a tree" },
      { type: "custom_tool_call_output", call_id: "b", output: [{ type: "input_text", text: "b" }] },
      { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    ],
  });
  expect(turns.slice(1)).toEqual([
    {
      role: "assistant",
      content: [
        { type: "thinking", text: "Hm." },
        { type: "text", text: "I look.", phase: "commentary" },
        { type: "tool_call", id: "a", name: "look", arguments: "{}" },
        { type: "tool_call", id: "b", name: "shell", arguments: '{"input":"ls"}' },
      ],
    },
    { role: "tool", callId: "a", content: [{ type: "text", text: "a tree" }] },
    { role: "tool", callId: "b", content: [{ type: "text", text: "b" }] },
    modelTurn({ refusal: "No." }),
  ]);
  expect(turnParams).toEqual(["input[0]", "input[1]", "input[5].call_id", "input[6].call_id", "input[7]"]);
});

test("items of other types are ignored", async () => {
  const call = { type: "web_search_call", id: "ws_1", action: { type: "search" }, status: "completed" };
  const own = { type: "openclaw:tool_call", id: "tool_1", status: "completed", name: "read" };
  expect(await turnsOf(user, call, own)).toHaveLength(1);
});

test("images and files have OpenAI's form or OpenClaw's", async () => {
  const source = { type: "base64", media_type: "image/png", data: "AAAA", filename: "a.png" };
  const parts = [
    { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "original" },
    { type: "input_image", source },
    { type: "input_file", file_data: "AAAA", filename: "a.txt" },
    { type: "input_file", file_url: "https://example.com/a.pdf" },
    { type: "input_file", source: { type: "url", url: "https://example.com/b.pdf" } },
  ];
  const attachment = (kind: string, index: number, more: object): object => ({
    type: "attachment",
    kind,
    param: `input[0].content[${index}]`,
    ...more,
  });
  expect(await turnsOf({ role: "user", content: parts })).toEqual([
    {
      role: "user",
      content: [
        attachment("image", 0, { source: "data:image/png;base64,AAAA", detail: "high" }),
        attachment("image", 1, { source: { base64: "AAAA", mediaType: "image/png" }, detail: undefined }),
        attachment("file", 2, { source: "AAAA", filename: "a.txt" }),
        attachment("file", 3, { source: "https://example.com/a.pdf", filename: undefined }),
        attachment("file", 4, { source: "https://example.com/b.pdf", filename: undefined }),
      ],
    },
  ]);
});

test("a compaction of this gateway replaces the conversation before it; another's is rejected", async () => {
  const compaction = {
    type: "compaction",
    encrypted_content: encryption.encrypt("They spoke of trees.", {
      kind: "compaction",
      credential: "operator",
    }),
  };
  expect(await turnsOf(compaction, user)).toMatchObject([{ role: "user", summary: true }, { role: "user" }]);
  expect(await getError({ input: [{ type: "compaction", encrypted_content: "gAAAA" }] })).toBe(
    "invalid_value input[0].encrypted_content",
  );
});

test("reasoning that another gateway encrypted is ignored, and so is reasoning that led to nothing", async () => {
  const foreign = { type: "reasoning", summary: [], content: null, encrypted_content: "gAAAA", status: null };
  const visible = { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] };
  expect(await turnsOf(user, foreign)).toHaveLength(1);
  expect(await turnsOf(user, visible)).toHaveLength(1);
  expect(await turnsOf(user, visible, user)).toHaveLength(2);
});

test("every field reaches the run under its own name", async () => {
  const parsed = await parse({
    input: "hi",
    temperature: 0.5,
    top_p: 0.9,
    presence_penalty: 1,
    frequency_penalty: -1,
    max_output_tokens: 16,
    max_tool_calls: 2,
    parallel_tool_calls: false,
    truncation: "disabled",
    reasoning: { effort: "none" },
    text: { format: { type: "json_schema", schema: { type: "object" }, strict: true } },
    stream: true,
    include: ["file_search_call.results"],
    service_tier: "flex",
    unheard_of: 1,
  });
  expect(parsed).toMatchObject({
    sampling: { temperature: 0.5, topP: 0.9, presencePenalty: 1, frequencyPenalty: -1 },
    maxOutputTokens: 16,
    maxToolCalls: 2,
    parallelToolCalls: false,
    truncation: "disabled",
    thinking: "off",
    responseFormat: { type: "json_schema", name: "response", schema: { type: "object" }, strict: true },
    stream: true,
  });
});

test("tools are flat, nested or custom; others are ignored", async () => {
  const tools = [
    { type: "function", name: "a", description: "A.", parameters: { type: "object" }, strict: false },
    { type: "function", function: { name: "b" } },
    { type: "custom", name: "c", format: { type: "text" } },
    { type: "web_search" },
  ];
  const parsed = await parse({ input: "hi", tools });
  expect(parsed.tools.definitions).toMatchObject([
    { name: "a", description: "A.", parameters: { type: "object" }, strict: false },
    { name: "b" },
    { name: "c", parameters: { required: ["input"] } },
  ]);
  expect([...parsed.tools.custom]).toEqual(["c"]);

  const choice = async (tool_choice: unknown): Promise<unknown> => {
    const { toolChoice, tools: offered } = await parse({ input: "hi", tools, tool_choice });
    return [toolChoice, offered.definitions.map(({ name }) => name).join("")];
  };
  const allowed = { type: "allowed_tools", tools: [{ type: "function", name: "b" }, { type: "mcp" }] };
  expect(await choice(undefined)).toEqual(["auto", "abc"]);
  expect(await choice("required")).toEqual(["required", "abc"]);
  expect(await choice({ type: "function", name: "a" })).toEqual([{ name: "a" }, "abc"]);
  expect(await choice({ type: "function", function: { name: "a" } })).toEqual([{ name: "a" }, "abc"]);
  expect(await choice({ type: "custom", name: "c" })).toEqual([{ name: "c" }, "abc"]);
  expect(await choice(allowed)).toEqual(["auto", "b"]);
  expect(await choice({ ...allowed, mode: "required" })).toEqual(["required", "b"]);
  expect(await choice({ ...allowed, mode: "none" })).toEqual(["none", "abc"]);
});

test("an unsupported field is rejected by name", async () => {
  const sound = {
    role: "user",
    content: [{ type: "input_audio", input_audio: { data: "", format: "wav" } }],
  };
  const picture = { role: "system", content: [{ type: "input_image", image_url: "data:," }] };
  const cases: readonly (readonly [object, string])[] = [
    [{ input: null }, "missing_required_parameter input"],
    [{ input: [] }, "invalid_value input"],
    [{ prompt: { id: "p" } }, "unsupported_value prompt"],
    [{ top_logprobs: 1 }, "unsupported_value top_logprobs"],
    [{ include: ["message.output_text.logprobs"] }, "unsupported_value include[0]"],
    [{ background: true, store: false }, "invalid_value background"],
    [{ tool_choice: "required" }, "invalid_value tool_choice"],
    [{ tool_choice: { type: "function", name: "none" } }, "invalid_value tool_choice"],
    [{ tool_choice: { type: "web_search_preview" } }, "unsupported_value tool_choice"],
    [{ input: [sound] }, "unsupported_value input[0].content[0]"],
    [{ input: [picture] }, "unsupported_value input[0].content[0]"],
    [{ input: [{ id: "msg_1" }] }, "invalid_value input[0].id"],
  ];
  for (const [body, expected] of cases) expect(await getError(body)).toBe(expected);
});

test("the output of a response can be sent back unchanged", () => {
  const output = [
    { type: "reasoning", id: "rs_1_0", summary: [{ type: "summary_text", text: "Hm." }] },
    { type: "message", id: "msg_1_1", status: "completed", role: "assistant", content: [] },
    { type: "function_call", id: "fc_1_2", status: "completed", call_id: "a", name: "f", arguments: "{}" },
    { type: "custom_tool_call", id: "ctc_1_3", status: "completed", call_id: "b", name: "c", input: "x" },
    { type: "openclaw:tool_call", id: "tool_1_4", status: "completed", call_id: "c", name: "read" },
  ];
  for (const item of output) expect(InputItem.parse(item)).toEqual(item);
});
