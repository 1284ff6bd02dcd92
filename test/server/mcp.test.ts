/** The agents as tools of an MCP client, by MCP's own client, in both of its protocols. */
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { connectMcpClient, readTexts } from "../support/clients/mcp-client.ts";
import { startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { createGatedModel, createModelSequence } from "../support/providers/scripted-model.ts";
import { sendRawRequest } from "../support/sockets/raw-http.ts";
import { parseOpenMetrics, sumSamples } from "../support/telemetry/parse-metrics.ts";

const createConfig = (tools = false, more: ConfigInput = {}): ConfigInput => ({
  ...more,
  gateway: {
    http: { endpoints: { mcp: { enabled: true, tools }, chatCompletions: { enabled: true } } },
    ...more.gateway,
  },
  agents: {
    list: [{ id: "main" }, { id: "coder", name: "Coder", description: "Writes programs." }],
    ...more.agents,
  },
});

const postMessage = (
  { url }: TestGateway,
  message: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(`${url}/mcp`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(message),
  });

const modes = ["legacy", { pin: "2026-07-28" }] as const;

describe.each(modes)("a client of %j", (mode) => {
  test("finds each agent as a tool, with its description and its arguments", async () => {
    const gateway = await startTestGateway({ config: createConfig() });
    const client = await connectMcpClient(gateway.url, { mode });
    const { tools } = await client.listTools();
    expect(tools.map(({ name, title, description }) => ({ name, title, description }))).toEqual([
      {
        name: "main",
        title: undefined,
        description: 'Asks the agent "main", which answers in text.',
      },
      { name: "coder", title: "Coder", description: "Writes programs." },
    ]);
    expect(tools[0]?.inputSchema).toMatchObject({
      type: "object",
      required: ["message"],
      properties: { message: { type: "string" }, sessionKey: { type: "string" } },
    });
    expect(client.getServerVersion()).toMatchObject({ name: "openclaw-gateway" });
  });

  test("gets the answer of an agent, which remembers the messages of a session", async () => {
    const { model, modelCalls } = createModelSequence(
      [{ text: "One." }],
      [{ text: "Two." }],
      [{ text: "Three." }],
    );
    const gateway = await startTestGateway({ config: createConfig(), model });
    const client = await connectMcpClient(gateway.url, { mode });
    const ask = async (message: string, sessionKey?: string): Promise<unknown> =>
      client.callTool({ name: "coder", arguments: { message, sessionKey } });
    expect(await ask("first", "work")).toMatchObject({ content: [{ type: "text", text: "One." }] });
    expect(readTexts(Object(await ask("second", "work")))).toBe("Two.");
    expect(readTexts(Object(await ask("third")))).toBe("Three.");
    expect(modelCalls.map(({ turns }) => turns.length)).toEqual([1, 3, 1]);
    const sessions = await fetch(`${gateway.url}/sessions`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await sessions.json()).toMatchObject({ sessions: [{ sessionKey: "agent:coder:work" }] });
  });

  test("gets the text as it grows, and the tools that the agent runs, if it asks for progress", async () => {
    const { model } = createModelSequence(
      [{ text: "I look." }, { call: { id: "c1", name: "read", fragments: ['{"path":"a.txt"}'] } }],
      [{ text: "Done." }],
    );
    const gateway = await startTestGateway({ config: createConfig(), model });
    const client = await connectMcpClient(gateway.url, { mode });
    const notifications: unknown[] = [];
    const result = await client.callTool(
      { name: "main", arguments: { message: "Look." } },
      { onprogress: (progress) => notifications.push(progress) },
    );
    expect(readTexts(result)).toBe("I look.Done.");
    expect(notifications.slice(0, 2)).toEqual([
      { progress: 1, message: "I look." },
      { progress: 2, message: "Runs the tool read." },
    ]);
  });

  test("gets a notification every few seconds while a run is silent", async () => {
    const gated = createGatedModel();
    const gateway = await startTestGateway({
      config: createConfig(),
      model: gated.model,
      streamTimes: { pingMs: 20 },
    });
    const client = await connectMcpClient(gateway.url, { mode });
    const messages: (string | undefined)[] = [];
    const result = client.callTool(
      { name: "main", arguments: { message: "Think." } },
      { onprogress: ({ message }) => messages.push(message) },
    );
    await expect.poll(() => messages.length).toBeGreaterThan(2);
    expect(new Set(messages)).toEqual(new Set(["Running for 0 s."]));
    gated.emit({ type: "text", text: "Yes." });
    gated.emit({ type: "finish", reason: "stop" });
    expect(readTexts(await result)).toBe("Yes.");
  });

  test("cancels a call, and the run is aborted", async () => {
    const gated = createGatedModel();
    const gateway = await startTestGateway({ config: createConfig(), model: gated.model });
    const client = await connectMcpClient(gateway.url, { mode });
    const controller = new AbortController();
    const call = client.callTool(
      { name: "main", arguments: { message: "Wait." } },
      { signal: controller.signal },
    );
    const { signal } = await gated.waitForCall();
    controller.abort("enough");
    await expect(call).rejects.toThrow();
    await expect.poll(() => signal.aborted).toBe(true);
  });

  test("gets a failure as a result that its model can read, and a wrong name as an error", async () => {
    const { model } = createModelSequence([{ fail: { code: "upstream_timeout", message: "Nothing came." } }]);
    const config = createConfig(false, { agents: { list: [{ id: "main" }] } });
    const gateway = await startTestGateway({ config, model });
    const client = await connectMcpClient(gateway.url, { mode });
    const call = (name: string, args: Record<string, unknown>): Promise<unknown> =>
      client.callTool({ name, arguments: args });
    expect(await call("main", {})).toMatchObject({
      isError: true,
      content: [{ text: "missing_required_parameter: message: is required" }],
      structuredContent: { error: { code: "missing_required_parameter", param: "message" } },
    });
    expect(await call("main", { message: "Hi", sessionKey: "cron:1" })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: "invalid_session_key", param: "sessionKey" } },
    });
    await expect(call("nobody", { message: "Hi" })).rejects.toMatchObject({
      code: -32_602,
      data: { code: "tool_not_found" },
    });
  });
});

test("a closed connection aborts the run, unless the gateway finishes runs of sessions", async () => {
  for (const onDisconnect of ["abort", "finish"] as const) {
    const gated = createGatedModel();
    const gateway = await startTestGateway({
      config: createConfig(false, {
        gateway: { http: { endpoints: { mcp: { enabled: true } }, onDisconnect } },
      }),
      model: gated.model,
    });
    const controller = new AbortController();
    const response = await fetch(`${gateway.url}/mcp`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "main", arguments: { message: "Hi", sessionKey: "work" } },
      }),
      signal: controller.signal,
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const { signal } = await gated.waitForCall();
    controller.abort();
    await response.body?.cancel().catch(() => {});
    if (onDisconnect === "abort") await expect.poll(() => signal.aborted).toBe(true);
    // The gateway has seen the disconnect before it answers a later request.
    await fetch(`${gateway.url}/healthz`).then((later) => later.text());
    gated.emit({ type: "text", text: "Late." });
    gated.emit({ type: "finish", reason: "stop" });
    const outcomes = onDisconnect === "abort" ? ["aborted"] : ["stop"];
    await expect.poll(() => readOutcomes(gateway.log)).toEqual(outcomes);
    expect(signal.aborted).toBe(onDisconnect === "abort");
  }
});

test("only the session of a call can cancel it", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ config: createConfig(), model: gated.model });
  const open = async (): Promise<string> => {
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    const response = await postMessage(gateway, { jsonrpc: "2.0", id: 0, method: "initialize", params });
    expect(await response.text()).toContain('"protocolVersion":"2025-06-18"');
    return response.headers.get("mcp-session-id") ?? "";
  };
  const [own, other] = [await open(), await open()];
  const params = { name: "main", arguments: { message: "Hi" } };
  const call = await postMessage(
    gateway,
    { jsonrpc: "2.0", id: 7, method: "tools/call", params },
    { "mcp-session-id": own },
  );
  const { signal } = await gated.waitForCall();
  const cancel = (session: string, requestId: unknown): Promise<Response> =>
    postMessage(
      gateway,
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } },
      session === "" ? {} : { "mcp-session-id": session },
    );
  for (const [session, id] of [
    ["", 7],
    [other, 7],
    [own, "7"],
    [own, 8],
  ] as const)
    expect((await cancel(session, id)).status).toBe(202);
  expect(signal.aborted).toBe(false);
  expect((await cancel(own, 7)).status).toBe(202);
  expect(await call.text()).toContain('"code":"run_aborted"');
  expect(signal.aborted).toBe(true);
});

test("a key sees its own agents, and its sessions have names of their own", async () => {
  const { model } = createModelSequence([{ text: "Yes." }]);
  const gateway = await startTestGateway({ config: createConfig(), model });
  const secret = await createKey(gateway, "ci", { scopes: ["run"], agents: ["coder"] });
  const client = await connectMcpClient(gateway.url, { secret });
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["coder"]);
  expect(
    readTexts(await client.callTool({ name: "coder", arguments: { message: "Hi", sessionKey: "work" } })),
  ).toBe("Yes.");
  await expect(client.callTool({ name: "main", arguments: { message: "Hi" } })).rejects.toThrow("no tool");
  const sessions = await fetch(`${gateway.url}/sessions`, { headers: { authorization: `Bearer ${token}` } });
  expect(await sessions.json()).toMatchObject({ sessions: [{ sessionKey: "agent:coder:key:ci:work" }] });
});

test("a header selects the one agent, the session and the model", async () => {
  const { model, modelCalls } = createModelSequence([{ text: "Yes." }]);
  const gateway = await startTestGateway({ config: createConfig(), model });
  const headers = { "x-openclaw-agent-id": "Coder", "x-openclaw-session-key": "work" };
  const client = await connectMcpClient(gateway.url, { headers });
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["coder"]);
  for (const message of ["one", "two"]) await client.callTool({ name: "coder", arguments: { message } });
  expect(modelCalls.map(({ turns }) => turns.length)).toEqual([1, 3]);
});

describe("the agent's tools", () => {
  test("are offered where the operator says so, and run under the policy of direct calls", async () => {
    const gateway = await startTestGateway({
      config: createConfig(true, { tools: { deny: ["web_fetch"] } }),
    });
    const client = await connectMcpClient(gateway.url);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["main", "coder", "read"]);
    for (const denied of ["exec", "write", "web_fetch"]) expect(names).not.toContain(denied);
    const result = await client.callTool({ name: "session_status", arguments: {} });
    expect(result.isError).toBeUndefined();
    expect(await client.callTool({ name: "exec", arguments: { command: "id" } })).toMatchObject({
      isError: true,
      structuredContent: { error: { code: "tool_denied" } },
    });
    expect(await client.callTool({ name: "read", arguments: { path: "missing.txt" } })).toMatchObject({
      isError: true,
      content: [{ text: "tool_error: missing.txt does not exist." }],
    });
    await expect(client.callTool({ name: "raed", arguments: {} })).rejects.toThrow('Did you mean "read"?');
    const invoked = gateway.log.filter((line) => line.includes('"message":"tool"'));
    expect(invoked.length).toBe(4);
  });

  test("are not offered to a key without that permission", async () => {
    const gateway = await startTestGateway({ config: createConfig(true) });
    const secret = await createKey(gateway, "runs", { scopes: ["run"] });
    const client = await connectMcpClient(gateway.url, { secret });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["main", "coder"]);
    await expect(client.callTool({ name: "read", arguments: { path: "a" } })).rejects.toThrow("no tool");
    const both = await createKey(gateway, "both", { scopes: ["run", "tools"] });
    const client2 = await connectMcpClient(gateway.url, { secret: both });
    expect((await client2.listTools()).tools.map(({ name }) => name)).toContain("read");
  });

  test("an agent hides a tool of its name", async () => {
    const { model } = createModelSequence([{ text: "The agent." }]);
    const agents = { list: [{ id: "main" }, { id: "read" }] };
    const gateway = await startTestGateway({ config: createConfig(true, { agents }), model });
    const client = await connectMcpClient(gateway.url);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names.filter((name) => name === "read")).toHaveLength(1);
    expect(readTexts(await client.callTool({ name: "read", arguments: { message: "Hi" } }))).toBe(
      "The agent.",
    );
  });
});

describe("the checks of every request", () => {
  const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
  const readError = async (response: Response): Promise<unknown> => {
    const { error } = (await response.json()) as { error: { data?: { code: string } } };
    return [response.status, error.data?.code];
  };

  test("apply, with errors of JSON-RPC", async () => {
    const gateway = await startTestGateway({ config: createConfig() });
    const post = (body: unknown, headers = {}): Promise<unknown> =>
      postMessage(gateway, body as object, headers).then(readError);
    expect(await post(list, { authorization: "Bearer wrong-token-0123456789" })).toEqual([
      401,
      "invalid_api_key",
    ]);
    expect(await post(list, { origin: "https://evil.example" })).toEqual([403, "origin_not_allowed"]);
    expect(await post([list])).toEqual([400, "invalid_type"]);
    expect(await post({ jsonrpc: "2.0", id: 1 })).toEqual([400, "missing_required_parameter"]);
    expect(await post(list, { "content-type": "text/plain" })).toEqual([415, "unsupported_media_type"]);
    expect(await post({ ...list, params: { text: "x".repeat(2_000_001) } })).toEqual([
      413,
      "request_too_large",
    ]);
    expect(await post(list, { "mcp-protocol-version": "1999-01-01" })).toEqual([400, undefined]);
    const reader = await createKey(gateway, "reader", { scopes: ["operator.read"] });
    expect(await post(list, { authorization: `Bearer ${reader}` })).toEqual([403, "missing_scope"]);
    for (const method of ["GET", "DELETE"]) {
      const response = await fetch(`${gateway.url}/mcp`, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });

  test("the endpoint is off by default", async () => {
    const gateway = await startTestGateway();
    expect(await readError(await postMessage(gateway, list))).toEqual([404, "endpoint_disabled"]);
  });

  test("the rate limit of a key applies", async () => {
    const gateway = await startTestGateway({ config: createConfig() });
    const secret = await createKey(gateway, "slow", { scopes: ["run"], requestsPerMinute: 1 });
    const headers = { authorization: `Bearer ${secret}` };
    expect((await postMessage(gateway, list, headers)).status).toBe(200);
    expect(await readError(await postMessage(gateway, list, headers))).toEqual([429, "too_many_requests"]);
  });

  test("a name that is not this gateway's is refused before the credential", async () => {
    const gateway = await startTestGateway({ config: createConfig() });
    const head = ["POST /mcp HTTP/1.1", "Host: evil.example", "Content-Length: 0"];
    const { status, text } = await sendRawRequest(gateway.url, head);
    expect(status).toBe(421);
    expect(JSON.parse(text)).toMatchObject({ error: { data: { code: "host_not_allowed" } } });
  });

  test("a key that has spent its budget gets a result that its model can read, and asks no model", async () => {
    const { model, modelCalls } = createModelSequence([{ text: "Yes." }]);
    const config = createConfig(false, { budgets: { keys: { ci: { tokensPerDay: 2 } } } });
    const gateway = await startTestGateway({ config, model });
    const secret = await createKey(gateway, "ci", { scopes: ["run"] });
    const client = await connectMcpClient(gateway.url, { secret });
    const call = (): Promise<unknown> => client.callTool({ name: "main", arguments: { message: "Hi" } });
    expect(await call()).toMatchObject({ content: [{ type: "text", text: "Yes." }] });
    expect(await call()).toMatchObject({
      isError: true,
      structuredContent: { error: { code: "budget_exceeded" } },
    });
    expect(modelCalls).toHaveLength(1);
  });

  test("the metrics count the requests and the runs", async () => {
    const { model } = createModelSequence([{ text: "Yes." }]);
    const config = createConfig();
    const gateway = await startTestGateway({
      config: {
        ...config,
        gateway: { http: { ...config.gateway?.http, metrics: { enabled: true } } },
      },
      model,
    });
    const client = await connectMcpClient(gateway.url, { mode: { pin: "2026-07-28" } });
    await client.callTool({ name: "coder", arguments: { message: "Hi" } });
    expect((await postMessage(gateway, list, { authorization: "Bearer wrong" })).status).toBe(401);
    const response = await fetch(`${gateway.url}/metrics`, {
      headers: { authorization: `Bearer ${token}`, accept: "application/openmetrics-text; version=1.0.0" },
    });
    const families = parseOpenMetrics(await response.text());
    const sum = (name: string, labels: Readonly<Record<string, string>>): number =>
      sumSamples(families, name, labels);
    expect(sum("openclaw_run_completed_total", { agent: "coder", outcome: "completed" })).toBe(1);
    expect(sum("openclaw_http_requests_total", { route: "/mcp", status_class: "2xx" })).toBeGreaterThan(0);
    expect(sum("openclaw_http_requests_total", { route: "/mcp", status_class: "4xx" })).toBe(1);
  });

  test("no stream of changes is opened, which would never end", async () => {
    const gateway = await startTestGateway({ config: createConfig() });
    const client = await connectMcpClient(gateway.url, { mode: { pin: "2026-07-28" } });
    await expect(client.listen({ toolsListChanged: true })).rejects.toThrow();
  });
});
