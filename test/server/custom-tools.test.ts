/** Tools of OpenAI's type `custom` go to OpenAI's models as such; other models get a function with one text. */
import { expect, onTestFinished, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import {
  sseFrames,
  sseResponse,
  startScriptedProvider,
  jsonResponse,
  type ScriptedResponse,
} from "../support/providers/scripted-provider.ts";

const grammar = { type: "grammar", syntax: "lark", definition: 'start: "+" /.*/' };
const patch = { type: "custom", name: "patch", description: "Patches.", format: grammar };
const input = '+ "a"\n+ 😀';

const call = { type: "custom_tool_call", id: "ctc_1", call_id: "call_1", name: "patch" };
const frame = (type: string, fields: object) => ({ type, output_index: 0, ...fields });
const done = frame("response.output_item.done", { item: { ...call, input, status: "completed" } });
const completed = {
  type: "response.completed",
  response: { usage: { input_tokens: 9, output_tokens: 3 }, output: [{ ...call, input }] },
};
const delta = (text: string) =>
  frame("response.custom_tool_call_input.delta", { item_id: "ctc_1", delta: text });
const added = frame("response.output_item.added", { item: { ...call, input: "" } });
/** The fragments end inside of an escape sequence and a character. */
const streamed = sseResponse(
  sseFrames(added, delta('+ "'), delta('a"\n+ \ud83d'), delta("\ude00"), done, completed),
);
const answer = sseResponse(
  sseFrames(
    frame("response.output_item.added", { item: { type: "message", id: "msg_1" } }),
    frame("response.output_text.delta", { item_id: "msg_1", content_index: 0, delta: "Patched." }),
    { type: "response.completed", response: { usage: { input_tokens: 9, output_tokens: 3 } } },
  ),
);

async function start(compat: object, ...answers: readonly ScriptedResponse[]) {
  const provider = await startScriptedProvider();
  onTestFinished(() => provider.close());
  provider.script(...answers);
  const config: ConfigInput = {
    gateway: { http: { endpoints: { responses: { enabled: true }, chatCompletions: { enabled: true } } } },
    models: { providers: { p: { api: "openai-responses", baseUrl: provider.baseUrl, compat } } },
    agents: { defaults: { model: "p/gpt-5.2" }, list: [{ id: "main", tools: { deny: ["*"] } }] },
  };
  const gateway = await startTestGateway({ config });
  const post = async (path: string, body: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(`${gateway.url}/v1/${path}`, init)).json();
  };
  const sent = (index = 0) => provider.requests()[index]?.body as Readonly<Record<string, unknown>>;
  return { post, sent };
}

test.for([
  ["deltas", streamed],
  ["the last event only", sseResponse(sseFrames(completed))],
  ["an item without deltas", sseResponse(sseFrames(added, done, completed))],
  ["a whole reply", jsonResponse({ status: "completed", output: [{ ...call, input }] })],
] as const)("a call that comes in %s is a custom tool call, and its result goes back", async ([, reply]) => {
  const { post, sent } = await start({ supportsCustomTools: true }, reply, answer);
  const request = { model: "openclaw", input: "patch it", tools: [patch], store: true };
  const response = (await post("responses", {
    ...request,
    tool_choice: { type: "custom", name: "patch" },
  })) as {
    readonly id: string;
    readonly output: readonly object[];
  };
  expect(sent()).toMatchObject({ tools: [patch], tool_choice: { type: "custom", name: "patch" } });
  expect(response.output).toMatchObject([
    { type: "custom_tool_call", call_id: "call_1", name: "patch", input },
  ]);
  const output = { type: "custom_tool_call_output", call_id: "call_1", output: "Done." };
  const next = { ...request, previous_response_id: response.id, input: [output] };
  expect(await post("responses", next)).toMatchObject({ output: [{ content: [{ text: "Patched." }] }] });
  expect(sent(1)["input"]).toEqual([
    { role: "user", content: [{ type: "input_text", text: "patch it" }] },
    { type: "custom_tool_call", call_id: "call_1", name: "patch", input },
    output,
  ]);
});

test("chat completions have the grammar in a field of its own, and the call as a custom one", async () => {
  const { post, sent } = await start({ supportsCustomTools: true }, streamed);
  const { type, name, description, format } = patch;
  const { type: kind, ...definition } = format;
  const custom = { name, description, format: { type: kind, grammar: definition } };
  const reply = await post("chat/completions", {
    model: "openclaw",
    messages: [{ role: "user", content: "patch it" }],
    tools: [{ type, custom }],
  });
  expect(sent()).toMatchObject({ tools: [patch] });
  expect(reply).toMatchObject({
    choices: [{ message: { tool_calls: [{ type: "custom", custom: { name: "patch", input } }] } }],
  });
});

test("a tool without a grammar is a custom one too; a grammar of another syntax is a function", async () => {
  const { post, sent } = await start({ supportsCustomTools: true }, answer);
  const tools = [
    { type: "custom", name: "note", format: { type: "text" } },
    { ...patch, format: { ...grammar, syntax: "ebnf" } },
  ];
  await post("responses", { model: "openclaw", input: "hi", tools });
  expect(sent()["tools"]).toMatchObject([
    { type: "custom", name: "note" },
    { type: "function", name: "patch", parameters: { required: ["input"] } },
  ]);
});

test("a compatible server gets a function, whose description has the grammar", async () => {
  const { post, sent } = await start({}, answer);
  await post("responses", { model: "openclaw", input: "hi", tools: [patch] });
  const [tool] = sent()["tools"] as readonly { readonly description: string }[];
  expect(tool).toMatchObject({ type: "function", name: "patch" });
  expect(tool?.description).toContain(grammar.definition);
});
