import { createEphemeralToolHistory } from "../../server/agent/ephemeral-tool-history.ts";
import { createMemoryToolTurns } from "../../server/agent/tool-turns.ts";
import type { Turn } from "../../server/agent/types.ts";
import { createTestRun } from "../support/runs/runs.ts";
import { expect, test } from "vitest";
import type { MessagesRequest } from "../../contracts/http/messages/request.ts";
import { parseMessagesRequest, type ParsedRequest } from "../../server/dialects/messages/request.ts";

type Body = Partial<MessagesRequest>;
type InputMessage = MessagesRequest["messages"][number];

const parse = (body: Body): ParsedRequest =>
  parseMessagesRequest(
    { model: "openclaw", max_tokens: 100, messages: [user("hi")], ...body },
    () => undefined,
  );
const user = (content: Extract<InputMessage, { role: "user" }>["content"]): InputMessage => ({
  role: "user",
  content,
});
const assistant = (content: Extract<InputMessage, { role: "assistant" }>["content"]): InputMessage => ({
  role: "assistant",
  content,
});
const system = (content: string): InputMessage => ({ role: "system", content });
const call = (id: string) => ({ type: "tool_use", id, name: "go", input: {} }) as const;
const result = (id: string, content: string) => ({ type: "tool_result", tool_use_id: id, content }) as const;
const texts = (...values: readonly string[]) => values.map((text) => ({ type: "text", text }));
const go = { name: "go", input_schema: { type: "object" } };

test("instructions are all system texts before the conversation, without the block of Claude Code's billing", () => {
  const { run } = parse({
    system: [
      { type: "text", text: "x-anthropic-billing-header: cc_version=2.1.332.abc" },
      { type: "text", text: "Be brief." },
    ],
    messages: [system("Use metres."), user("hi")],
  });
  expect(run.instructions).toBe("Be brief.\n\nUse metres.");
});

test("what clients leave out, or write as JSON text, is read: of calls, replies, tools and thinking", () => {
  const { turns, tools, run } = parse({
    messages: [
      user("hi"),
      assistant(null),
      assistant([
        { type: "tool_use", id: "a", name: "go" },
        { type: "tool_use", id: "b", name: "go", input: '{"to":"Oslo"}' },
      ]),
      user([result("a", "1"), result("b", "2")]),
    ],
    tools: [{ name: "go", input_schema: null }],
    thinking: { type: "enabled", budget_tokens: 0 },
  });
  expect(turns[1]).toEqual({
    role: "assistant",
    content: [
      { type: "tool_call", id: "a", name: "go", arguments: "{}" },
      { type: "tool_call", id: "b", name: "go", arguments: '{"to":"Oslo"}' },
    ],
  });
  expect(tools.definitions).toMatchObject([{ name: "go" }]);
  expect(run.thinking).toBeUndefined();
});

test("a system message joins the turn before it, and never comes between a call and its result", () => {
  const { turns, run } = parse({
    messages: [
      user("hi"),
      system("One."),
      assistant([call("a")]),
      system("Two."),
      user([result("a", "done")]),
      system("Three."),
      assistant("Good."),
      system("Four."),
    ],
  });
  expect(turns).toEqual([
    { role: "user", content: texts("hi", "One.") },
    { role: "assistant", content: [{ type: "tool_call", id: "a", name: "go", arguments: "{}" }] },
    { role: "tool", callId: "a", content: texts("done", "Two.", "Three.") },
    { role: "assistant", content: texts("Good.") },
    { role: "user", content: texts("Four.") },
  ]);
  expect(run.turnParams).toHaveLength(turns.length);
});

test("a system message with an effort alone adds nothing, and the last effort applies", () => {
  const { turns, run } = parse({
    output_config: { effort: "high" },
    messages: [user("hi"), { role: "system", output_config: { effort: "low" } }],
  });
  expect(turns).toEqual([{ role: "user", content: texts("hi") }]);
  expect(run.thinking).toBe("low");
});

test("the same history gives the same turns in each form that Claude Code sends it in", () => {
  const asText = parse({ system: "Be brief.", messages: [user("hi"), assistant("Hello."), user("go on")] });
  const asBlocks = parse({
    system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
    messages: [
      user([{ type: "text", text: "hi" }]),
      assistant([{ type: "text", text: "Hello." }]),
      user([{ type: "text", text: "go on", cache_control: { type: "ephemeral" } }]),
    ],
  });
  const [question, reply, last] = asText.turns;
  const marked = {
    role: "user",
    content: [{ type: "text", text: "go on", cacheControl: { type: "ephemeral" } }],
  };
  expect(asBlocks.turns).toEqual([question, reply, marked]);
  expect(last).toEqual({ role: "user", content: texts("go on") });
  expect(asBlocks.run.instructions).toBe(asText.run.instructions);
});

test("the calls of an agent's own tools are found again when a breakpoint has moved", async () => {
  const history = createEphemeralToolHistory(createMemoryToolTurns(Date.now));
  const tools = [{ name: "go" }];
  const callTurn = (id: string, name: string): Turn => ({
    role: "assistant",
    content: [{ type: "tool_call", id, name, arguments: "{}" }],
  });
  const own: Turn = { role: "tool", callId: "x", content: [{ type: "text", text: "seen" }], own: true };
  const result: Turn = { role: "tool", callId: "a", content: [{ type: "text", text: "done" }] };
  const hi = (cacheControl?: { readonly type: "ephemeral" }): Turn => ({
    role: "user",
    content: [{ type: "text", text: "hi", cacheControl }],
  });
  const runWith = (turns: readonly Turn[]) =>
    createTestRun({ model: () => (async function* () {})(), tools, turns });
  const newTurns = [callTurn("x", "read"), own, callTurn("a", "go")];
  await history.save(runWith([hi({ type: "ephemeral" })]), newTurns);
  const { turns } = await history.restore(runWith([hi(), callTurn("a", "go"), result]));
  expect(turns).toEqual([hi(), ...newTurns, result]);
});

test("each request begins with the turns of the one before it", () => {
  const history: InputMessage[] = [
    user("hi"),
    system("<total_tokens>9</total_tokens>"),
    assistant([call("a")]),
  ];
  const next = [...history, user([result("a", "done")]), system("<total_tokens>8</total_tokens>")];
  const earlier = parse({ messages: [...history, user([result("a", "done")])] }).turns;
  expect(parse({ messages: [...next, assistant("Good."), user("more")] }).turns.slice(0, 2)).toEqual(
    earlier.slice(0, 2),
  );
});

test("results come before the text beside them, and say whether the tool failed", () => {
  const { turns } = parse({
    messages: [
      user("hi"),
      assistant([call("a"), call("b")]),
      user([{ type: "text", text: "Look." }, result("b", "B"), { ...result("a", "A"), is_error: true }]),
    ],
  });
  expect(turns.slice(2)).toEqual([
    { role: "tool", callId: "b", content: texts("B") },
    { role: "tool", callId: "a", content: texts("A"), isError: true },
    { role: "user", content: texts("Look.") },
  ]);
});

test("a tool that is deferred is offered once it was found or added", () => {
  const deferred = { ...go, name: "find", defer_loading: true };
  const names = (messages: InputMessage[]): readonly string[] =>
    parse({ tools: [go, deferred], messages }).tools.definitions.map(({ name }) => name);
  const found = { type: "tool_reference", tool_name: "find" } as const;
  expect(names([user("hi")])).toEqual(["go"]);
  expect(
    names([
      user("hi"),
      assistant([call("a")]),
      user([{ type: "tool_result", tool_use_id: "a", content: [found] }]),
    ]),
  ).toEqual(["go", "find"]);
  const change = (type: "tool_addition" | "tool_removal"): InputMessage => ({
    role: "system",
    content: [{ type, tool: { name: "find" } }],
  });
  expect(names([user("hi"), change("tool_addition")])).toEqual(["go", "find"]);
  expect(names([user("hi"), change("tool_addition"), change("tool_removal")])).toEqual(["go"]);
});

test("tools of Anthropic are read by who runs them", () => {
  const { definitions } = parse({
    tools: [
      { type: "bash_20250124", name: "bash" },
      { type: "text_editor_20250728", name: "str_replace_based_edit_tool" },
      { type: "computer_20250124", name: "computer", display_width_px: 1024, display_height_px: 768 },
      { type: "web_search_20250305", name: "web_search" },
      { type: "something_20300101", name: "new" },
    ],
  }).tools;
  expect(definitions.map(({ name, native }) => [name, native?.kind])).toEqual([
    ["bash", "anthropic"],
    ["str_replace_based_edit_tool", "anthropic"],
    ["computer", "anthropic"],
  ]);
  expect(definitions[2]?.description).toContain("1024 x 768 pixels");
  for (const type of ["computer_toolset_20260801", "browser_20260101", "mcp_toolset"])
    expect(() => parse({ tools: [{ type, name: "x" }] })).toThrow(
      `tools[0]: the tool ${type} is not supported`,
    );
  expect(() =>
    parse({
      tools: [{ type: "web_search_20250305", name: "web_search" }],
      tool_choice: { type: "tool", name: "web_search" },
    }),
  ).toThrow('tool_choice: there is no tool named "web_search"');
});

test("the model knows a long name by a short one, and the client gets its own back", () => {
  const name = `mcp__${"long_".repeat(20)}tool`;
  const { tools, turns } = parse({
    tools: [{ ...go, name }],
    messages: [user("hi"), assistant([{ ...call("a"), name }]), user([result("a", "done")])],
  });
  const [short = ""] = tools.definitions.map((tool) => tool.name);
  expect(short).toHaveLength(64);
  expect(tools.toClientName(short)).toBe(name);
  expect(turns[1]).toMatchObject({ content: [{ type: "tool_call", name: short }] });
});

test.each([
  [{ type: "enabled", budget_tokens: 10_000 }, "high"],
  [{ type: "enabled", budget_tokens: 2_048 }, "medium"],
  [{ type: "enabled", budget_tokens: 1_024 }, "low"],
  [{ type: "adaptive" }, "max"],
  [{ type: "disabled" }, "off"],
  [undefined, "max"],
] as const)("thinking %j is the level %s", (thinking, level) => {
  expect(parse({ thinking, output_config: { effort: "max" } }).run.thinking).toBe(level);
});

test("what would be lost without a word is refused by name", () => {
  const other = { type: "container_upload", file_id: "f" };
  expect(() => parse({ messages: [user([other])] })).toThrow(
    "messages[0].content[0]: container_upload blocks are not accepted here",
  );
  const upload = { type: "image", source: { type: "file", file_id: "f" } } as const;
  expect(parse({ messages: [user([upload])] }).turns[0]).toMatchObject({
    content: [{ type: "attachment", source: { fileId: "f" } }],
  });
  expect(() => parse({ messages: [user("hi"), assistant("Once upon")] })).toThrow("must not be of the role");
  // A reply may have blocks of another server's tools.
  expect(parse({ messages: [user("hi"), assistant([other]), user("go")] }).turns).toHaveLength(2);
});

test("web search results of another server stay as text, and a compaction replaces what was before it", () => {
  const search = {
    type: "web_search_tool_result",
    content: [{ type: "web_search_result", title: "Oslo", url: "https://example.com" }],
  };
  expect(parse({ messages: [user("hi"), assistant([search]), user("go")] }).turns[1]).toEqual({
    role: "assistant",
    content: texts("Oslo: https://example.com"),
  });
  const { turns } = parse({
    messages: [user("first"), assistant([{ type: "compaction", content: "They said hi." }]), user("go")],
  });
  expect(JSON.stringify(turns)).not.toContain("first");
  expect(turns[0]).toMatchObject({ role: "user", summary: true });
});
