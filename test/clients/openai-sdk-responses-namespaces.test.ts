import type { OpenAI } from "openai";
import { expect, test } from "vitest";
import { calls, says } from "../../contracts/examples/script.ts";
import { responsesConfig, startTestGateway } from "../support/gateway/gateway.ts";
import { createOpenAIClient, asInput } from "../support/clients/openai-client.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

// Tools in namespaces: Codex sends the tools of MCP servers so, and the Agents SDK those of `toolNamespace`.

const long = "a".repeat(60);
const parameters = { type: "object", properties: {} };
const find = { type: "function" as const, name: "find", parameters, strict: false };
const tools: OpenAI.Responses.Tool[] = [
  {
    type: "namespace",
    name: "crm",
    description: "Customers.",
    tools: [find, { type: "custom", name: "sql" }],
  },
  { type: "namespace", name: "shop", description: "Orders.", tools: [{ type: "function", name: long }] },
  find,
];

test("the model sees one name, the client its own two, and a call that is sent back is the same call", async () => {
  const { model, modelCalls } = createModelSequence(
    [calls("call_a", "crm__find", "{}"), calls("call_b", "crm__sql", '{"input":"select 1"}')],
    [says("Found.")],
  );
  const { responses } = createOpenAIClient(await startTestGateway({ model, config: responsesConfig }));
  const body = { model: "openclaw", tools, store: false };
  const question = { role: "user" as const, content: "Who?" };
  const first = await responses.stream({ ...body, input: [question] }).finalResponse();

  const toolNames = modelCalls[0]?.tools.map(({ name }) => name) ?? [];
  expect(toolNames).toEqual(expect.arrayContaining(["find", "crm__find", "crm__sql"]));
  expect(toolNames.filter((name) => name.startsWith("shop__"))).toEqual([
    expect.stringMatching(/^shop__a+_[0-9a-f]{8}$/),
  ]);
  expect(first.output).toMatchObject([
    { type: "function_call", namespace: "crm", name: "find", arguments: "{}" },
    { type: "custom_tool_call", namespace: "crm", name: "sql", input: "select 1" },
  ]);
  expect(first.tools).toMatchObject(tools);

  const results: OpenAI.Responses.ResponseInput = [
    { type: "function_call_output", call_id: "call_a", output: "Ada" },
    { type: "custom_tool_call_output", call_id: "call_b", output: "1" },
  ];
  const input = [question, ...asInput(first.output), ...results];
  const second = await responses.create({ ...body, input, store: true });
  expect(second.output_text).toBe("Found.");
  expect(modelCalls[1]?.turns[1]).toMatchObject({ content: [{ name: "crm__find" }, { name: "crm__sql" }] });
  const items = await Array.fromAsync(responses.inputItems.list(second.id, { order: "asc" }));
  expect(items.slice(1, 3)).toMatchObject([
    { namespace: "crm", name: "find" },
    { namespace: "crm", name: "sql" },
  ]);
});

test("a call of a function without a namespace has none", async () => {
  const { model } = createModelSequence([calls("call_a", "find", "{}")]);
  const { responses } = createOpenAIClient(await startTestGateway({ model, config: responsesConfig }));
  const { output } = await responses.create({ model: "openclaw", input: "Who?", tools });
  expect(output).toMatchObject([{ type: "function_call", name: "find" }]);
  expect(output[0]).not.toHaveProperty("namespace");
});

test("two tools of one name in a namespace are rejected", async () => {
  const { responses } = createOpenAIClient(await startTestGateway({ config: responsesConfig }));
  const twice: OpenAI.Responses.Tool = {
    type: "namespace",
    name: "crm",
    description: "",
    tools: [find, find],
  };
  const answer = responses.create({ model: "openclaw", input: "Who?", tools: [find, twice] });
  const at = { code: "invalid_value", param: "tools[1].tools[1]" };
  await expect(answer).rejects.toMatchObject({ status: 400, ...at });
});
