/** Requests with `generate: false`: the frames that Codex sends over its WebSocket, and their neighbours. */
import { expect, test } from "vitest";
import { calls, says } from "../../contracts/examples/script.ts";
import { responsesConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { openResponsesWebSocket } from "../support/sockets/responses-websocket.ts";

const message = (role: string, text: string) => ({
  type: "message",
  role,
  content: [{ type: "input_text", text }],
});
/** The fields that Codex 0.171 sends with every request. */
const codex = {
  model: "openclaw",
  stream: true,
  store: false,
  tools: [
    { type: "function", name: "exec_command", strict: false, parameters: { type: "object", properties: {} } },
    { type: "web_search", external_web_access: false },
  ],
  tool_choice: "auto",
  parallel_tool_calls: true,
  reasoning: { summary: "auto" },
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: "0199f1c2-thread",
  client_metadata: { session_id: "0199f1c2" },
};

test("Codex's three frames: input only, its continuation, and the result of a call", async () => {
  const { model, modelCalls } = createModelSequence(
    [calls("call_1", "exec_command", '{"cmd":"ls"}')],
    [says("Done.")],
  );
  const gateway = await startTestGateway({ config: responsesConfig, model });
  const socket = await openResponsesWebSocket(gateway.url, {
    headers: {
      authorization: `Bearer ${token}`,
      "openai-beta": "responses_websockets=2026-02-06",
      originator: "codex_exec",
    },
  });
  const first = await socket.createAndWait({
    ...codex,
    generate: false,
    input: [message("developer", "Be careful.")],
  });
  expect(first.map(({ type }) => type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.completed",
  ]);
  expect(first.at(-1)?.response).toMatchObject({
    status: "completed",
    output: [],
    usage: { input_tokens: 0, output_tokens: 0 },
  });
  expect(modelCalls).toHaveLength(0);

  const second = await socket.createAndWait({
    ...codex,
    previous_response_id: first.at(-1)?.response?.id,
    input: [
      message("developer", "Here is the folder."),
      message("user", "context"),
      message("user", "List it."),
    ],
  });
  expect(second.at(-1)?.response?.output).toMatchObject([{ type: "function_call", call_id: "call_1" }]);
  expect(modelCalls[0]?.system).toContain("Be careful.\n\nHere is the folder.");

  const third = await socket.createAndWait({
    ...codex,
    previous_response_id: second.at(-1)?.response?.id,
    input: [{ type: "function_call_output", call_id: "call_1", output: "a.txt" }],
  });
  expect(third.at(-1)?.response).toMatchObject({ output: [{ content: [{ text: "Done." }] }] });
  expect(modelCalls[1]?.system).toContain("Be careful.\n\nHere is the folder.");
  expect(modelCalls[1]?.turns.map(({ role }) => role)).toEqual(["user", "user", "assistant", "tool"]);
});

test("stored, in the middle of a chain, and continued twice", async () => {
  const { model, modelCalls } = createModelSequence([says("Yes.")]);
  const gateway = await startTestGateway({ config: responsesConfig, model });
  const socket = await openResponsesWebSocket(gateway.url);
  const answer = await socket.createAndWait({ input: "One." });
  const more = await socket.createAndWait({
    input: "Two.",
    previous_response_id: answer.at(-1)?.response?.id,
    prompt_cache_options: { prewarm: true },
    generate: true,
  });
  expect(more.at(-1)?.response?.output).toEqual([]);
  for (let times = 0; times < 2; times += 1) {
    await socket.createAndWait({ input: "Three.", previous_response_id: more.at(-1)?.response?.id });
    expect(modelCalls.at(-1)?.turns.map(({ role }) => role)).toEqual(["user", "assistant", "user", "user"]);
  }
  expect(modelCalls).toHaveLength(3);
});

test("nothing goes into a session, and a response of a session cannot be continued so", async () => {
  const { model, modelCalls } = createModelSequence([says("Yes.")]);
  const gateway = await startTestGateway({ config: responsesConfig, model });
  const socket = await openResponsesWebSocket(gateway.url);
  await socket.createAndWait({ input: "Not kept.", user: "ada", generate: false });
  const answer = await socket.createAndWait({ input: "Kept.", user: "ada" });
  expect(modelCalls.at(-1)?.turns).toHaveLength(1);
  const [error] = await socket.createAndWait({
    input: "More.",
    previous_response_id: answer.at(-1)?.response?.id,
    generate: false,
  });
  expect(error).toMatchObject({ type: "error", error: { param: "previous_response_id" } });
});

test("over HTTP it is rejected by name: the model would answer what needs no answer", async () => {
  const gateway = await startTestGateway({ config: responsesConfig });
  for (const [body, param] of [
    [{ generate: false }, "generate"],
    [{ prompt_cache_options: { prewarm: true } }, "prompt_cache_options.prewarm"],
    [{ multi_agent: { enabled: true } }, "multi_agent"],
  ] as const) {
    const response = await fetch(`${gateway.url}/v1/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ input: "hi", ...body }),
    });
    expect(await response.json()).toMatchObject({ error: { code: "unsupported_value", param } });
  }
});
