import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { calls, ends, fails, nextCall, says } from "../../contracts/examples/script.ts";
import {
  createChatBody,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import {
  createModelSequence,
  createScriptedModel,
  splitScript,
} from "../support/providers/scripted-model.ts";
import { connectTestSocket, waitForFinalResponse } from "../support/sockets/socket.ts";
import { createCountingConfig, startCountingProvider } from "../support/telemetry/counting-provider.ts";
import { formatTrace, startOtlpReceiver, type ReceivedSpan } from "../support/telemetry/otlp-receiver.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

const endpoints = {
  chatCompletions: { enabled: true },
  responses: { enabled: true },
  embeddings: { enabled: true },
};

const createTracedConfig = (
  endpoint: string,
  otel: NonNullable<ConfigInput["diagnostics"]>["otel"] = {},
): ConfigInput => ({
  gateway: { http: { endpoints } },
  tools: { profile: "full" },
  diagnostics: { otel: { enabled: true, endpoint, flushIntervalMs: 20, ...otel } },
});

const readLog = ({ log }: TestGateway, message: string): readonly Record<string, unknown>[] =>
  log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["message"] === message);

test("a run with two tools and a fallback is one trace", async () => {
  const receiver = await startOtlpReceiver();
  const script = [
    fails("upstream_auth", "no"),
    nextCall,
    calls("call_1", "session_status", "{}"),
    calls("call_2", "sessions_list", "{}"),
    ends({ input: 10, output: 4 }),
    nextCall,
    says("Done."),
    ends({ input: 20, output: 5, cached: 8, reasoning: 2 }),
  ];
  const { model } = createModelSequence(...splitScript(script));
  const gateway = await startTestGateway({
    config: {
      ...createTracedConfig(receiver.url),
      agents: { defaults: { model: { primary: "one/a", fallbacks: ["two/b"] } } },
      models: {
        providers: { one: { baseUrl: "http://127.0.0.1:9" }, two: { baseUrl: "http://127.0.0.1:9" } },
      },
    },
    model,
  });
  const response = await fetch(`${gateway.url}/v1/responses`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      traceparent,
      tracestate: "a=b",
    },
    body: JSON.stringify({ model: "openclaw", input: "SECRET-QUESTION", user: "zoe", temperature: 0.5 }),
  });
  expect(response.status).toBe(200);
  await gateway.stop();

  expect(formatTrace(receiver.spans)).toEqual([
    "POST /v1/responses (server)",
    "  invoke_agent main (internal)",
    "    chat a (client) error: upstream_auth",
    "    chat b (client)",
    "    execute_tool session_status (internal)",
    "    execute_tool sessions_list (internal)",
    "    chat b (client)",
  ]);
  expect(new Set(receiver.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  expect(receiver.spans.every(({ traceState }) => traceState === "a=b")).toBe(true);
  const find = (name: string): ReceivedSpan | undefined =>
    receiver.spans.findLast((span) => span.name === name);
  expect(find("POST /v1/responses")).toMatchObject({
    parentSpanId: "00f067aa0ba902b7",
    attributes: {
      "http.request.method": "POST",
      "http.route": "/v1/responses",
      "http.response.status_code": 200,
    },
    resource: { "service.name": "openclaw-gateway" },
  });
  expect(find("invoke_agent main")).toMatchObject({
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.id": "main",
      "gen_ai.usage.input_tokens": 30,
      "gen_ai.usage.output_tokens": 9,
      "openclaw.run.end_reason": "stop",
    },
    events: [
      { name: "openclaw.admitted" },
      {
        name: "openclaw.fallback",
        attributes: { "openclaw.fallback.to": "two/b", "error.type": "upstream_auth" },
      },
    ],
  });
  expect(find("chat b")?.attributes).toMatchObject({
    "gen_ai.provider.name": "two",
    "gen_ai.request.model": "b",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.cache_read.input_tokens": 8,
    "gen_ai.usage.reasoning.output_tokens": 2,
  });
  expect(find("execute_tool session_status")?.attributes).toMatchObject({
    "gen_ai.tool.call.id": "call_1",
    "gen_ai.tool.type": "function",
  });
  const [line] = readLog(gateway, "run");
  expect(line).toMatchObject({ traceId, spanId: find("invoke_agent main")?.spanId });
  expect(JSON.stringify(receiver.spans)).not.toMatch(/SECRET|zoe/);
});

test("nothing is exported while traces are off, and a reload turns them on and off", async () => {
  const receiver = await startOtlpReceiver();
  const config = createTracedConfig(receiver.url);
  const off = { ...config, diagnostics: { otel: { endpoint: receiver.url } } };
  const gateway = await startTestGateway({ config: off, model: createScriptedModel([says("Hi")]) });
  await postChat(gateway.url, createChatBody("hi"));
  expect(readLog(gateway, "run")[0]).not.toHaveProperty("traceId");
  gateway.reload(config);
  await postChat(gateway.url, createChatBody("hi"));
  gateway.reload(off);
  await postChat(gateway.url, createChatBody("hi"));
  await gateway.stop();
  expect(formatTrace(receiver.spans)).toEqual([
    "POST /v1/chat/completions (server)",
    "  invoke_agent main (internal)",
    "    chat assistant (internal)",
  ]);
});

test("the sampler follows the caller, and its own rate without one", async () => {
  const receiver = await startOtlpReceiver();
  const config = createTracedConfig(receiver.url, { sampleRate: 0 });
  const gateway = await startTestGateway({ config, model: createScriptedModel([says("Hi")]) });
  const ask = (parent?: string): Promise<Response> =>
    postChat(
      gateway.url,
      createChatBody("hi"),
      parent === undefined ? {} : { headers: { traceparent: parent } },
    );
  await ask();
  await ask(traceparent.replace(/1$/, "0"));
  await ask(traceparent);
  // A header that is not valid begins a new trace.
  await ask(`00-${"0".repeat(32)}-00f067aa0ba902b7-01`);
  await gateway.stop();
  expect(new Set(receiver.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  expect(receiver.spans).toHaveLength(3);
});

test("a provider gets the context of its call only when it is configured to", async () => {
  const receiver = await startOtlpReceiver();
  const provider = await startCountingProvider();
  for (const propagateToProviders of [false, true]) {
    const config = createTracedConfig(receiver.url, { propagateToProviders });
    const gateway = await startTestGateway({
      config: { ...config, ...createCountingConfig(provider.baseUrl) },
    });
    await postChat(gateway.url, createChatBody("n=1"), { headers: { traceparent, tracestate: "a=b" } });
    await gateway.stop();
  }
  const span = receiver.spans.findLast(({ name }) => name === "chat counted");
  expect(provider.calls.map(({ headers }) => [headers["traceparent"], headers["tracestate"]])).toEqual([
    [undefined, undefined],
    [`00-${traceId}-${span?.spanId}-01`, "a=b"],
  ]);
});

test("an MCP server gets the context of the call in _meta, from runs and from invocations", async () => {
  const receiver = await startOtlpReceiver();
  const args = [join(import.meta.dirname, "../support/tools/mcp-meta-server.ts")];
  const script = [calls("call_1", "meta__meta", "{}"), nextCall, says("Hi")];
  const { model, modelCalls } = createModelSequence(...splitScript(script));
  const gateway = await startTestGateway({
    config: {
      ...createTracedConfig(receiver.url),
      tools: { profile: "full", mcpServers: { meta: { command: process.execPath, args } } },
    },
    model,
  });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", traceparent };
  const invocation = await fetch(`${gateway.url}/tools/invoke`, {
    method: "POST",
    headers,
    body: JSON.stringify({ tool: "meta__meta" }),
  });
  const invocationText = await invocation.text();
  await postChat(gateway.url, createChatBody("hi"), { headers: { traceparent } });
  await gateway.stop();
  const [invoked, called] = receiver.spans.filter(({ name }) => name === "execute_tool meta__meta");
  expect(invocationText).toContain(`00-${traceId}-${invoked?.spanId}-01`);
  expect(JSON.stringify(modelCalls[1]?.turns)).toContain(`00-${traceId}-${called?.spanId}-01`);
  expect(formatTrace(receiver.spans)).toContain("POST /tools/invoke (server)");
});

test("runs of sockets belong to the trace of their frame", async () => {
  const receiver = await startOtlpReceiver();
  const gateway = await startTestGateway({
    config: createTracedConfig(receiver.url),
    model: createScriptedModel([says("Hi")]),
  });
  const socket = await connectTestSocket(gateway);
  const params = { message: "hi", idempotencyKey: "k1" };
  socket.send({ type: "req", id: "traced", method: "agent", params, traceparent });
  await waitForFinalResponse(socket, "traced");
  await gateway.stop();
  expect(formatTrace(receiver.spans)).toEqual([
    "agent (server)",
    "  invoke_agent main (internal)",
    "    chat assistant (internal)",
  ]);
  expect(receiver.spans[0]?.traceId).toBe(traceId);
});

test("an embedding is a span of its own, and has usage and a budget", async () => {
  const receiver = await startOtlpReceiver();
  const gateway = await startTestGateway({
    config: { ...createTracedConfig(receiver.url), budgets: { keys: { operator: { tokensPerDay: 5 } } } },
  });
  const embed = (): Promise<Response> =>
    fetch(`${gateway.url}/v1/embeddings`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "openclaw", input: "a text of some words and then a few more" }),
    });
  expect((await embed()).status).toBe(200);
  const refused = await embed();
  expect([refused.status, refused.headers.get("x-should-retry")]).toEqual([429, "false"]);
  const usage = await fetch(`${gateway.url}/usage`, { headers: { authorization: `Bearer ${token}` } });
  expect(await usage.json()).toMatchObject({ total: { calls: 1, failures: 0 } });
  await gateway.stop();
  expect(formatTrace(receiver.spans)).toEqual([
    "POST /v1/embeddings (server)",
    "  embeddings embedding (internal)",
    "POST /v1/embeddings (server)",
  ]);
});

test("content is in the spans only when it is asked for", async () => {
  const receiver = await startOtlpReceiver();
  const script = [calls("call_1", "session_status", "{}"), nextCall, says("An answer.")];
  const { model } = createModelSequence(...splitScript(script));
  const gateway = await startTestGateway({
    config: createTracedConfig(receiver.url, { captureContent: true }),
    model,
  });
  await postChat(gateway.url, createChatBody("A question?"));
  await gateway.stop();
  const last = receiver.spans.findLast(({ name }) => name === "chat assistant")?.attributes;
  expect(JSON.parse(String(last?.["gen_ai.input.messages"]))).toMatchObject([
    { role: "user", parts: [{ type: "text", content: "A question?" }] },
    {
      role: "assistant",
      parts: [{ type: "tool_call", id: "call_1", name: "session_status", arguments: "{}" }],
    },
    { role: "tool", parts: [{ type: "tool_call_response", id: "call_1" }] },
  ]);
  expect(JSON.parse(String(last?.["gen_ai.output.messages"]))).toEqual([
    { role: "assistant", parts: [{ type: "text", content: "An answer." }] },
  ]);
  const tool = receiver.spans.find(({ name }) => name === "execute_tool session_status")?.attributes;
  expect(tool).toMatchObject({ "gen_ai.tool.call.arguments": "{}" });
  expect(tool?.["gen_ai.tool.call.result"]).toMatch(/^\[\{"type":"text"/);
});

test("spans wait for a collector that is busy, and are given up when it refuses them", async () => {
  const receiver = await startOtlpReceiver();
  receiver.failures.push(503, 429);
  const gateway = await startTestGateway({
    config: createTracedConfig(receiver.url, { headers: { "x-key": "SECRET" } }),
    model: createScriptedModel([says("Hi")]),
  });
  await postChat(gateway.url, createChatBody("hi"));
  await expect.poll(() => receiver.spans.length).toBe(3);
  expect(receiver.requests.map(({ path, headers }) => [path, headers["x-key"]])).toEqual(
    Array.from({ length: 3 }, () => ["/v1/traces", "SECRET"]),
  );
  receiver.failures.push(400);
  await postChat(gateway.url, createChatBody("hi"));
  await expect.poll(() => readLog(gateway, "the collector rejects traces")).toHaveLength(1);
  expect(gateway.log.join("\n")).not.toContain("SECRET");
  await gateway.stop();
  expect(receiver.spans).toHaveLength(3);
});

test("a collector that never answers delays neither a request nor the stop for long", async () => {
  const gateway = await startTestGateway({
    // A port of the loopback interface that nothing listens to.
    config: createTracedConfig("http://127.0.0.1:9"),
    model: createScriptedModel([says("Hi")]),
  });
  expect((await postChat(gateway.url, createChatBody("hi"))).status).toBe(200);
  await expect.poll(() => readLog(gateway, "records could not be stored")).toHaveLength(1);
  await gateway.stop();
});
