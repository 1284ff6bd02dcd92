import { expect, test } from "vitest";
import {
  createClient,
  type GatewayClient,
  type MessagesRequest,
} from "../../clients/typescript/src/index.ts";
import { calls, ends, fails, says, thinks, type ScriptStep } from "../../contracts/examples/script.ts";
import { messagesConfig } from "../support/clients/anthropic-client.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createScriptedModel } from "../support/providers/scripted-model.ts";

const body = {
  model: "openclaw",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "hi" }],
} satisfies MessagesRequest;

async function createTestClient(...script: readonly ScriptStep[]): Promise<GatewayClient> {
  const { url } = await startTestGateway({ config: messagesConfig, model: createScriptedModel(script) });
  return createClient({ baseUrl: url, token, maxRetries: 0 });
}

test("a message has its blocks, and the id of the request", async () => {
  const client = await createTestClient(
    says("Hello."),
    calls("call_1", "now", "{}"),
    ends({ input: 3, output: 2 }),
  );
  const tools = [{ name: "now", input_schema: { type: "object" } }];
  const message = await client.messages.create({ ...body, tools });
  expect(message.content.map(({ type }) => type)).toEqual(["text", "tool_use"]);
  expect(message.stop_reason).toBe("tool_use");
  expect(message._request_id).toMatch(/^req_/);
});

test("a stream has every event, and its text at once", async () => {
  const client = await createTestClient(thinks("hm"), says("Hel"), says("lo."));
  const request = { ...body, thinking: { type: "adaptive" as const }, stream: true as const };
  const stream = await client.messages.create(request);
  const types = (await Array.fromAsync(stream)).map(({ type }) => type);
  expect([types[0], types.at(-1)]).toEqual(["message_start", "message_stop"]);
  expect(stream.agentId).toBe("main");
  expect(await (await client.messages.create(request)).text()).toBe("Hello.");
});

test("an error before the stream and one in it have the gateway's code", async () => {
  const early = await createTestClient(fails("rate_limit_exceeded", "Slow down."));
  await expect(early.messages.create(body)).rejects.toMatchObject({
    name: "GatewayRequestError",
    status: 429,
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    message: "Slow down.",
  });
  const late = await createTestClient(says("Hel"), fails("upstream_protocol", "Cut."));
  const stream = await late.messages.create({ ...body, stream: true });
  await expect(stream.text()).rejects.toMatchObject({ code: "upstream_protocol", message: "Cut." });
});

test("tokens are counted, and the agents are listed as ever", async () => {
  const client = await createTestClient();
  const { model, messages } = body;
  expect((await client.messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(0);
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["openclaw", "openclaw:main"]);
});
