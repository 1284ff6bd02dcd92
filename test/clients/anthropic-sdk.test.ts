import type Anthropic from "@anthropic-ai/sdk";
import { type APIError, AuthenticationError, NotFoundError } from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { calls, ends, fails, says, thinks } from "../../contracts/examples/script.ts";
import type { ModelCall } from "../../server/agent/types.ts";
import {
  createAnthropicClient,
  messageRequest,
  messagesConfig,
} from "../support/clients/anthropic-client.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { createModelSequence, createScriptedModel } from "../support/providers/scripted-model.ts";
import type { ScriptStep } from "../../contracts/examples/script.ts";

const startScripted = (...script: readonly ScriptStep[]): Promise<TestGateway> =>
  startTestGateway({ config: messagesConfig, model: createScriptedModel(script) });

const weather: Anthropic.Tool = {
  name: "get_weather",
  description: "Returns the weather of a city.",
  input_schema: { type: "object", properties: { city: { type: "string" } } },
};

test("a message has content, usage with cached tokens apart, a stop reason and the request id", async () => {
  const gateway = await startScripted(says("Hello."), ends({ input: 7, output: 5, cached: 3, reasoning: 2 }));
  const message = await createAnthropicClient(gateway).messages.create(messageRequest("hi"));

  expect(message).toMatchObject({
    type: "message",
    role: "assistant",
    model: "openclaw",
    content: [{ type: "text", text: "Hello.", citations: null }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 4, cache_read_input_tokens: 3, cache_creation_input_tokens: 0, output_tokens: 5 },
  });
  expect(message.id).toMatch(/^msg_/);
  expect(message._request_id).toMatch(/^req_/);
});

test("the stream helper gets text, thinking with its signature, two parallel calls, and the whole message", async () => {
  const gateway = await startScripted(
    thinks("Two cities."),
    says("Let me look."),
    calls("call_1", "get_weather", '{"city":', '"Oslo"}'),
    calls("call_2", "get_weather", '{"city":"Rome"}'),
    ends({ input: 7, output: 5 }),
  );
  const seen: string[] = [];
  const stream = createAnthropicClient(gateway)
    .messages.stream({
      ...messageRequest("The weather in Oslo and Rome?"),
      tools: [weather],
      thinking: { type: "adaptive" },
    })
    .on("thinking", (delta) => seen.push(`thinking ${delta}`))
    .on("text", (delta) => seen.push(`text ${delta}`))
    .on("inputJson", (delta) => seen.push(`json ${delta}`));
  const message = await stream.finalMessage();

  expect(seen).toEqual([
    "thinking Two cities.",
    "text Let me look.",
    'json {"city":',
    'json "Oslo"}',
    'json {"city":"Rome"}',
  ]);
  expect(message.content).toEqual([
    { type: "thinking", thinking: "Two cities.", signature: expect.stringMatching(/^[\w-]{30,}$/) as string },
    { type: "text", text: "Let me look.", citations: null },
    {
      type: "tool_use",
      id: "call_1",
      name: "get_weather",
      input: { city: "Oslo" },
      caller: { type: "direct" },
    },
    {
      type: "tool_use",
      id: "call_2",
      name: "get_weather",
      input: { city: "Rome" },
      caller: { type: "direct" },
    },
  ]);
  expect(message.stop_reason).toBe("tool_use");
});

test("results of calls go back to the model with their calls, and failed ones are marked", async () => {
  const { model, modelCalls } = createModelSequence(
    [thinks("hm"), calls("call_1", "get_weather", "{}"), calls("call_2", "get_weather", "{}")],
    [says("Snow.")],
  );
  const gateway = await startTestGateway({ config: messagesConfig, model });
  const client = createAnthropicClient(gateway);
  const request = {
    ...messageRequest("The weather?"),
    tools: [weather],
    thinking: { type: "adaptive" as const },
  };
  const { content } = await client.messages.create(request);
  const answer = await client.messages.create({
    ...request,
    messages: [
      ...request.messages,
      { role: "assistant", content },
      {
        role: "user",
        content: [
          { type: "text", text: "Go on." },
          { type: "tool_result", tool_use_id: "call_1", content: [{ type: "text", text: "Snow" }] },
          { type: "tool_result", tool_use_id: "call_2", content: "No such city", is_error: true },
        ],
      },
    ],
  });

  expect(answer.content).toMatchObject([{ type: "text", text: "Snow." }]);
  expect(modelCalls[1]?.turns).toEqual<ModelCall["turns"]>([
    { role: "user", content: [{ type: "text", text: "The weather?" }] },
    {
      role: "assistant",
      content: [
        { type: "thinking", text: "hm" },
        { type: "tool_call", id: "call_1", name: "get_weather", arguments: "{}" },
        { type: "tool_call", id: "call_2", name: "get_weather", arguments: "{}" },
      ],
    },
    { role: "tool", callId: "call_1", content: [{ type: "text", text: "Snow" }] },
    { role: "tool", callId: "call_2", content: [{ type: "text", text: "No such city" }], isError: true },
    { role: "user", content: [{ type: "text", text: "Go on." }] },
  ]);
});

test.each([
  ["x-api-key", { "x-api-key": token }],
  ["x-api-key beside another service's Authorization", { "x-api-key": token, authorization: "Bearer other" }],
  ["Authorization", { authorization: `Bearer ${token}` }],
])("the credential may come as %s", async (_, headers) => {
  const gateway = await startScripted(says("Hello."));
  const response = await fetch(`${gateway.url}/v1/messages?beta=true`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(messageRequest("hi")),
  });
  expect(response.status).toBe(200);
});

test("every error has the SDK's class, Anthropic's type and the gateway's code, and a wrong key is not retried", async () => {
  const gateway = await startScripted(fails("rate_limit_exceeded", "Slow down."));
  const attempts: string[] = [];
  const create = (apiKey: string, model = "openclaw") =>
    createAnthropicClient(gateway, {
      apiKey,
      maxRetries: 2,
      fetch: (input, init) => {
        attempts.push(apiKey);
        return fetch(input, init);
      },
    }).messages.create({ ...messageRequest("hi"), model });

  await expect(create("a-wrong-key-0123456789")).rejects.toThrow(AuthenticationError);
  expect(attempts).toHaveLength(1);
  const missing = await create(token, "openclaw:nobody").catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(NotFoundError);
  expect((missing as APIError).error).toMatchObject({
    type: "error",
    error: { type: "not_found_error", details: { error_code: "model_not_found", param: "model" } },
    request_id: (missing as APIError).requestID,
  });
});

test("paths that the gateway does not have answer in Anthropic's shape", async () => {
  const gateway = await startScripted(says("Hello."));
  const client = createAnthropicClient(gateway);
  const batch = client.messages.batches.create({ requests: [] });
  await expect(batch).rejects.toThrow(NotFoundError);
  await expect(batch).rejects.toThrow("Unknown path");
});
