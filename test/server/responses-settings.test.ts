/** Items in the middle of a conversation that bring tools or change settings, as Codex sends them. */
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const functionTool = (name: string, description = "") => ({ type: "function", name, description });
const message = { type: "message", role: "user", content: "Go on." };

interface Reply {
  readonly id: string;
  readonly error?: { readonly code: string; readonly param: string; readonly message: string };
}

async function start() {
  const { model, modelCalls } = createModelSequence([says("Yes.")]);
  const { url } = await startTestGateway({ config: responsesConfig, model });
  const post = async (body: object): Promise<Reply> => {
    const response = await fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Reply;
  };
  const readTools = (): readonly string[] =>
    (modelCalls.at(-1)?.tools ?? [])
      .map(({ name, description = "" }) => `${name} ${description}`.trim())
      .filter((name) => name.startsWith("find"));
  return { post, modelCalls, readTools };
}

test("tools of items are offered from then on; a later one replaces one of its name", async () => {
  const { post, readTools } = await start();
  const first = await post({
    tools: [functionTool("find_a", "old"), functionTool("find_b")],
    input: [
      message,
      {
        type: "additional_tools",
        role: "developer",
        tools: [functionTool("find_a", "new"), functionTool("find_c")],
      },
    ],
  });
  expect(readTools()).toEqual(["find_b", "find_a new", "find_c"]);
  const found = {
    type: "tool_search_output",
    call_id: "call_1",
    execution: "client",
    tools: [{ type: "namespace", name: "find", description: "", tools: [functionTool("d")] }],
  };
  const second = await post({ previous_response_id: first.id, input: [found, message] });
  expect(readTools()).toEqual(["find_a new", "find_c", "find__d"]);
  await post({ previous_response_id: second.id, input: [message], store: false });
  expect(readTools()).toEqual(["find_a new", "find_c", "find__d"]);
});

test("the last update of the configuration wins, also over the request, and later responses keep it", async () => {
  const { post, modelCalls } = await start();
  const update = (effort: string, format?: object) => ({
    type: "configuration_update",
    reasoning: { effort },
    ...(format && { text: { format } }),
  });
  const { id } = await post({
    reasoning: { effort: "low" },
    input: [update("medium", { type: "json_object" }), message, update("high")],
  });
  expect(modelCalls.at(-1)).toMatchObject({ thinking: "high", responseFormat: { type: "json_object" } });
  await post({ previous_response_id: id, input: [message] });
  expect(modelCalls.at(-1)).toMatchObject({ thinking: "high", responseFormat: { type: "json_object" } });
});

test("a wrong tool of an item is an error that names it", async () => {
  const { post } = await start();
  const tools = [{ type: "function", name: "not a name" }];
  const { error } = await post({ input: [message, { type: "additional_tools", tools }] });
  expect(error).toMatchObject({ code: "invalid_value", param: "input[1].tools[0].name" });
});
