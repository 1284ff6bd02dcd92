/** A search for tools that the client executes: deferred tools are offered once it has found them. */
import OpenAI from "openai";
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const deferred: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "find_flight",
  parameters: {},
  strict: false,
  defer_loading: true,
};
const plain: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "find_hotel",
  parameters: {},
  strict: false,
};
const search: OpenAI.Responses.ToolSearchTool = {
  type: "tool_search",
  execution: "client",
  description: "Finds tools.",
};
const question: OpenAI.Responses.EasyInputMessage = { type: "message", role: "user", content: "Book." };

async function start() {
  const { model, modelCalls } = createModelSequence(
    [{ call: { id: "c1", name: "tool_search", fragments: ['{"query":', '"flights"}'] } }],
    [says("Found.")],
  );
  const gateway = await startTestGateway({ config: responsesConfig, model });
  const { responses } = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: token, maxRetries: 0 });
  const readTools = (): readonly string[] =>
    (modelCalls.at(-1)?.tools ?? []).map(({ name }) => name).filter((name) => /^(?:find|tool_)/.test(name));
  return { responses, modelCalls, readTools };
}

const output: OpenAI.Responses.ResponseToolSearchOutputItemParam = {
  type: "tool_search_output",
  call_id: "c1",
  execution: "client",
  status: "completed",
  tools: [deferred],
};

test("the call is an item with its arguments as an object; what is found is offered, and the model sees a result", async () => {
  const { responses, modelCalls, readTools } = await start();
  const tools = [search, deferred, plain];
  const first = await responses.create({ model: "openclaw", input: [question], tools });
  expect(readTools()).toEqual(["tool_search", "find_hotel"]);
  expect(modelCalls[0]?.tools.find(({ name }) => name === "tool_search")).toMatchObject({
    description: "Finds tools.",
    parameters: { properties: { query: { type: "string" } } },
  });
  expect(first.output).toMatchObject([
    {
      type: "tool_search_call",
      call_id: "c1",
      execution: "client",
      status: "completed",
      arguments: { query: "flights" },
    },
  ]);

  const second = await responses.create({
    model: "openclaw",
    previous_response_id: first.id,
    input: [output],
    tools,
  });
  expect(second.output_text).toBe("Found.");
  expect(readTools()).toEqual(["tool_search", "find_hotel", "find_flight"]);
  expect(modelCalls[1]?.turns.slice(1)).toMatchObject([
    {
      role: "assistant",
      content: [{ type: "tool_call", id: "c1", name: "tool_search", arguments: '{"query":"flights"}' }],
    },
    { role: "tool", callId: "c1", content: [{ text: "Found, and can be called now: find_flight" }] },
  ]);
});

test("a client that stores nothing here sends the call back with its output", async () => {
  const { responses, modelCalls } = await start();
  const first = await responses.create({
    model: "openclaw",
    input: [question],
    tools: [search, deferred],
    store: false,
  });
  const input = [question, ...first.output, output] as OpenAI.Responses.ResponseInput;
  await responses.create({ model: "openclaw", input, tools: [search, deferred], store: false });
  expect(modelCalls[1]?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
});

test("the stream has the item without deltas, and a stored response is streamed again in the same way", async () => {
  const { responses } = await start();
  const types: string[] = [];
  let id = "";
  for await (const event of await responses.create({
    model: "openclaw",
    input: [question],
    tools: [search],
    stream: true,
  })) {
    types.push(event.type);
    if (event.type === "response.created") ({ id } = event.response);
  }
  expect(types.slice(2, -1)).toEqual(["response.output_item.added", "response.output_item.done"]);
  const again: string[] = [];
  for await (const event of await responses.retrieve(id, { stream: true })) again.push(event.type);
  expect(again).toEqual(types);
});

test.for<readonly [string, OpenAI.Responses.Tool[]]>([
  ["no search", [deferred, plain]],
  ["a search by the server, which there is not", [{ type: "tool_search" }, deferred, plain]],
])("with %s all tools are offered at once", async ([, tools]) => {
  const { responses, readTools } = await start();
  await responses.create({ model: "openclaw", input: [question], tools });
  expect(readTools()).toEqual(["find_flight", "find_hotel"]);
});

test("deferred tools of a namespace, and those that an item adds, are hidden too", async () => {
  const { responses, readTools } = await start();
  const namespace: OpenAI.Responses.NamespaceTool = {
    type: "namespace",
    name: "find_all",
    description: "",
    tools: [deferred],
  };
  const added: OpenAI.Responses.ResponseInputItem = {
    type: "additional_tools",
    role: "developer",
    tools: [{ ...deferred, name: "find_car" }],
  };
  await responses.create({ model: "openclaw", input: [question, added], tools: [search, namespace] });
  expect(readTools()).toEqual(["tool_search"]);
});
