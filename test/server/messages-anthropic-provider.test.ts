/** What an Anthropic-compatible provider behind `/v1/messages` gets: the caller's cache breakpoints, and requests for counts. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type Anthropic from "@anthropic-ai/sdk";
import { expect, onTestFinished, test } from "vitest";
import { createAnthropicClient, messageRequest } from "../support/clients/anthropic-client.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import { startTestGateway, type TestGateway } from "../support/gateway/gateway.ts";

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

const reply = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-test",
  content: [{ type: "text", text: "Hello." }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 2 },
};

const completion = {
  choices: [{ message: { role: "assistant", content: "Hello." }, finish_reason: "stop" }],
};

/** A gateway whose agent `main` has a model of a server that answers counts with this. */
async function startFixture(
  count: { readonly status: number; readonly text: string },
  api: "anthropic-messages" | "openai-completions" = "anthropic-messages",
) {
  const received: Received[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Received["body"];
    received.push({ path: request.url, headers: request.headers, body });
    const isCount = request.url === "/v1/messages/count_tokens";
    response.writeHead(isCount ? count.status : 200, { "content-type": "application/json" });
    response.end(isCount ? count.text : JSON.stringify(api === "anthropic-messages" ? reply : completion));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await startTestGateway({
    config: {
      gateway: { http: { endpoints: { messages: { enabled: true }, responses: { enabled: true } } } },
      models: { providers: { provider: { api, baseUrl, apiKey: "provider-key" } } },
      agents: {
        defaults: { model: "provider/claude-test" },
        list: [{ id: "main", instructions: "Be kind.", tools: { deny: ["*"] } }],
      },
    },
  });
  return { gateway, received };
}

const tool: Anthropic.Tool = { name: "get_weather", input_schema: { type: "object", properties: {} } };
const countRequest: Anthropic.MessageCountTokensParams = {
  model: "openclaw:main",
  messages: [{ role: "user", content: "The weather?" }],
  tools: [tool],
};

async function countTokens(gateway: TestGateway) {
  const client = createAnthropicClient(gateway);
  const { data, response } = await client.messages.countTokens(countRequest).withResponse();
  return { tokens: data.input_tokens, note: response.headers.get("x-openclaw-token-count") };
}

test("the provider counts the request that it would get, with the agent's instructions", async () => {
  const { gateway, received } = await startFixture({ status: 200, text: '{"input_tokens":4321}' });
  expect(await countTokens(gateway)).toEqual({ tokens: 4321, note: null });
  expect(received).toHaveLength(1);
  const [request] = received;
  expect(request?.path).toBe("/v1/messages/count_tokens");
  expect(request?.headers["x-api-key"]).toBe("provider-key");
  expect(request?.body).toMatchObject({
    model: "claude-test",
    system: [{ type: "text", text: "Be kind." }],
    messages: [{ role: "user", content: [{ type: "text", text: "The weather?" }] }],
    tools: [{ name: "get_weather" }],
  });
  // The counter accepts neither.
  expect(request?.body).not.toHaveProperty("max_tokens");
  expect(request?.body).not.toHaveProperty("stream");
});

test("a responses request is counted by the provider too", async () => {
  const { gateway, received } = await startFixture({ status: 200, text: '{"input_tokens":4321}' });
  const { data, response } = await createOpenAIClient(gateway)
    .responses.inputTokens.count({ model: "openclaw:main", instructions: "Now.", input: "The weather?" })
    .withResponse();
  expect(data).toEqual({ object: "response.input_tokens", input_tokens: 4321 });
  expect(response.headers.get("x-openclaw-token-count")).toBeNull();
  expect(received).toHaveLength(1);
  expect(received[0]?.path).toBe("/v1/messages/count_tokens");
  expect(received[0]?.body).toMatchObject({
    system: [{ text: "Be kind.\n\nNow." }],
    messages: [{ role: "user", content: [{ type: "text", text: "The weather?" }] }],
  });
});

test.each([
  ["fails", { status: 500, text: '{"type":"error"}' }],
  ["answers with something else", { status: 200, text: "<html>" }],
  ["answers without a count", { status: 200, text: '{"input_tokens":"many"}' }],
])("where the counter %s, the number is an estimate, and the next request asks again", async (_, count) => {
  const { gateway, received } = await startFixture(count);
  for (const requests of [1, 2]) {
    const { tokens, note } = await countTokens(gateway);
    expect(tokens).toBeGreaterThan(5);
    expect(note).toBe("estimate");
    expect(received).toHaveLength(requests);
  }
});

test("a server without a counter is asked once", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  expect((await countTokens(gateway)).note).toBe("estimate");
  expect((await countTokens(gateway)).note).toBe("estimate");
  expect(received).toHaveLength(1);
});

const cacheControl = { type: "ephemeral", ttl: "1h" } as const;
const question = messageRequest("hello");

const short = { type: "ephemeral" } as const;
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const text = (value: string) => ({ type: "text", text: value }) as const;
const marked = (value: string) => ({ ...text(value), cache_control: short });

test("cache breakpoints stay at their blocks: of the system prompt, tools and messages", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  await createAnthropicClient(gateway).messages.create({
    ...question,
    system: [text("Kindly."), { ...text("Briefly."), cache_control: cacheControl }, text("Today.")],
    tools: [tool, { ...tool, name: "last", cache_control: short }],
    messages: [
      { role: "user", content: [marked("one"), text("two")] },
      { role: "assistant", content: [text("three")] },
      {
        role: "user",
        content: [
          text("four"),
          {
            type: "image",
            source: { type: "base64", media_type: "image/png", data: pixel },
            cache_control: short,
          },
        ],
      },
    ],
  });
  const [request] = received;
  expect(request?.body["system"]).toEqual([
    { ...text("Be kind.\n\nKindly.\n\nBriefly."), cache_control: cacheControl },
    text("\n\nToday."),
  ]);
  expect(request?.body["tools"]).toMatchObject([
    { name: "get_weather" },
    { name: "last", cache_control: short },
  ]);
  expect(request?.body["messages"]).toMatchObject([
    { content: [marked("one"), text("two")] },
    { content: [text("three")] },
    { content: [text("four"), { type: "image", cache_control: short }] },
  ]);
  expect(JSON.stringify(request?.body).match(/cache_control/g)).toHaveLength(4);
  expect(request?.body).not.toHaveProperty("cache_control");
});

test("a breakpoint on a call and on its result stays, and so does one of the whole request", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  await createAnthropicClient(gateway).messages.create({
    ...question,
    tools: [tool],
    cache_control: cacheControl,
    messages: [
      { role: "user", content: "go" },
      {
        role: "assistant",
        content: [
          marked("I look."),
          { type: "tool_use", id: "toolu_1", name: "get_weather", input: {}, cache_control: short },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "rain", cache_control: short }],
      },
    ],
  });
  expect(received[0]?.body).toMatchObject({
    cache_control: cacheControl,
    messages: [
      {},
      { content: [marked("I look."), { type: "tool_use", cache_control: short }] },
      { content: [{ type: "tool_result", cache_control: short }] },
    ],
  });
});

test("a request has at most four breakpoints", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  const content = ["one", "two", "three", "four", "five"].map(marked);
  const messages = [{ role: "user", content } as const];
  await createAnthropicClient(gateway).messages.create({ ...question, messages, cache_control: short });
  expect(JSON.stringify(received[0]?.body).match(/cache_control/g)).toHaveLength(4);
});

test("other providers get no breakpoints", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" }, "openai-completions");
  await createAnthropicClient(gateway).messages.create({
    ...question,
    system: [marked("Kindly.")],
    tools: [{ ...tool, cache_control: short }],
    messages: [{ role: "user", content: [marked("one")] }],
    cache_control: short,
  });
  expect(received).toHaveLength(1);
  expect(JSON.stringify(received)).not.toMatch(/cache_?control/i);
});

test("a request without breakpoints has none at a server that is not Anthropic's", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  await createAnthropicClient(gateway).messages.create(question);
  expect(JSON.stringify(received)).not.toContain("cache_control");
});

const typedTools = [
  { type: "bash_20250124", name: "bash" },
  { type: "text_editor_20250728", name: "str_replace_based_edit_tool", max_characters: 9_000 },
  { type: "memory_20250818", name: "memory" },
  { type: "computer_20250124", name: "computer", display_width_px: 1024, display_height_px: 768 },
  { type: "web_search_20250305", name: "web_search" },
] as const;

test("a model of Anthropic gets Anthropic's own tools as they are, with their betas, but none that runs there", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  const headers = { "x-openclaw-model": "provider/claude-opus-5" };
  const tools = typedTools as unknown as Anthropic.ToolUnion[];
  await createAnthropicClient(gateway).messages.create({ ...question, tools }, { headers });
  expect(received[0]?.body).toMatchObject({ tools: typedTools.slice(0, 4) });
  expect(received[0]?.headers["anthropic-beta"]).toContain("computer-use-2025-01-24");
});

test("Anthropic's own tools keep their breakpoints, as long as the request has four at most", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  const { messages } = createAnthropicClient(gateway);
  const tools = [
    tool,
    { ...typedTools[0], cache_control: cacheControl },
    typedTools[1],
    { ...typedTools[2], cache_control: short },
  ] as unknown as Anthropic.ToolUnion[];
  await messages.create({ ...question, tools });
  const content = ["one", "two", "three"].map(marked);
  await messages.create({ ...question, tools, messages: [{ role: "user", content }] });
  expect(received[0]?.body["tools"]).toEqual([
    expect.not.objectContaining({ cache_control: expect.anything() }),
    { ...typedTools[0], cache_control: cacheControl },
    typedTools[1],
    { ...typedTools[2], cache_control: short },
  ]);
  expect(JSON.stringify(received[1]?.body).match(/cache_control/g)).toHaveLength(3);
});

test("another model behind the same API gets functions, and so does a model for a version that is new", async () => {
  const { gateway, received } = await startFixture({ status: 404, text: "{}" });
  const { messages } = createAnthropicClient(gateway);
  const tools = typedTools as unknown as Anthropic.ToolUnion[];
  const newer = [{ type: "bash_20300101", name: "bash" }] as unknown as Anthropic.ToolUnion[];
  await messages.create({ ...question, tools }, { headers: { "x-openclaw-model": "provider/glm-5" } });
  await messages.create({ ...question, tools: newer });
  const [glm, claude] = received.map(({ body }) => body["tools"] as readonly object[]);
  expect(glm).toMatchObject([
    { name: "bash", input_schema: { properties: { command: {}, restart: {} } } },
    { name: "str_replace_based_edit_tool", input_schema: { required: ["command", "path"] } },
    { name: "memory", input_schema: { properties: { old_path: {} } } },
    { name: "computer", input_schema: { required: ["action"] } },
  ]);
  expect(claude).toMatchObject([{ name: "bash", input_schema: { properties: { command: {} } } }]);
  expect(JSON.stringify(received)).not.toMatch(/_20\d{6}"/);
});
