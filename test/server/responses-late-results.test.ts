/** Results of the caller's tools that do not come right after their calls, as Semantic Kernel's agents send them. */
import { expect, test } from "vitest";
import { calls, says } from "../../contracts/examples/script.ts";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";

const tools = [{ type: "function", name: "get_weather", parameters: { type: "object", properties: {} } }];
const question = { type: "message", role: "user", content: "Weather?" };
const result = { type: "function_call_output", call_id: "call_1", output: "sunny" };

interface Reply {
  readonly id: string;
  readonly error?: { readonly code: string; readonly param: string };
}

async function startConversation(headers: Record<string, string> = {}) {
  const { model, modelCalls } = createModelSequence([calls("call_1", "get_weather", "{}")], [says("Sunny.")]);
  const { url } = await startTestGateway({ config: responsesConfig, model });
  const post = async (body: object): Promise<Reply> => {
    const response = await fetch(`${url}/v1/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "openclaw", tools, ...body }),
    });
    return (await response.json()) as Reply;
  };
  const readTurns = (): readonly string[] =>
    (modelCalls.at(-1)?.turns ?? []).map((turn) =>
      turn.role === "tool" ? `tool ${turn.callId} ${JSON.stringify(turn.content)}` : turn.role,
    );
  return { post, readTurns };
}

const toolTurn = 'tool call_1 [{"type":"text","text":"sunny"}]';

test("with a response id: the repeated question and a second result are left out", async () => {
  const { post, readTurns } = await startConversation();
  const first = await post({ input: [question] });
  const second = await post({ previous_response_id: first.id, input: [question, result, result] });
  expect(readTurns()).toEqual(["user", "assistant", toolTurn]);
  const next = { type: "message", role: "user", content: "And tomorrow?" };
  await post({ previous_response_id: second.id, input: [question, result, next] });
  expect(readTurns()).toEqual(["user", "assistant", toolTurn, "assistant", "user", "user"]);
});

test("in a session, which keeps the result once", async () => {
  const { post, readTurns } = await startConversation({ "x-openclaw-session-key": "trip" });
  await post({ input: [question] });
  await post({ input: [question, result] });
  expect(readTurns()).toEqual(["user", "assistant", toolTurn]);
  await post({ input: [question, result] });
  expect(readTurns()).toEqual(["user", "assistant", toolTurn, "assistant", "user"]);
});

test("without storage: a result that comes late in the list goes beside its call", async () => {
  const { post, readTurns } = await startConversation();
  const call = { type: "function_call", call_id: "call_1", name: "get_weather", arguments: "{}" };
  await post({ store: false, input: [question, call, question, result, result] });
  expect(readTurns()).toEqual(["user", "assistant", toolTurn]);
  const other = { ...question, content: "And wind?" };
  await post({ store: false, input: [question, call, other, result] });
  expect(readTurns()).toEqual(["user", "assistant", toolTurn, "user"]);
});

test("a result for no call is still an error", async () => {
  const { post } = await startConversation();
  const { error } = await post({ input: [question, { ...result, call_id: "call_9" }] });
  expect(error).toMatchObject({ code: "unknown_tool_call_id", param: "input[1].call_id" });
});
