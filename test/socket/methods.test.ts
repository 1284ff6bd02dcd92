import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { createChatBody, chatConfig, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { createScriptedModel, createModelSequence } from "../support/providers/scripted-model.ts";
import { connectTestSocket, waitForFinalResponse, type TestSocket } from "../support/sockets/socket.ts";

const run = async (socket: TestSocket, message: string, key: string, sessionKey = "main"): Promise<void> => {
  const { id = "" } = await socket.call("agent", { message, sessionKey, idempotencyKey: key });
  expect(await waitForFinalResponse(socket, id)).toMatchObject({ ok: true });
};

test("config.get shows only values that cannot be secret", async () => {
  const gateway = await startTestGateway({
    config: {
      gateway: { auth: { token: "config-token-0123456789abcdef" } },
      agents: {
        defaults: { instructions: "a private prompt", workspace: "/home/ada/work" },
        list: [{ id: "main", name: "Ada" }],
      },
      models: {
        providers: {
          mine: {
            baseUrl: "https://key:pass@example.com/v1",
            apiKey: "sk-canary",
            api: "openai-completions",
            models: [{ id: "m" }],
          },
        },
      },
      tools: { mcpServers: { files: { command: "/opt/secret-server", env: { KEY: "canary" } } } },
    },
  });
  const socket = await connectTestSocket(gateway);
  const { config, hash } = await socket.request("config.get");
  expect(config).toMatchObject({
    gateway: { port: 18_789, workers: 1, limits: { maxConcurrentRuns: 32 }, auth: { token: "[redacted]" } },
    agents: {
      defaults: { model: "builtin/assistant", instructions: "[redacted]", workspace: "[redacted]" },
      list: [{ id: "main", name: "Ada" }],
    },
    models: {
      providers: {
        mine: {
          baseUrl: "[redacted]",
          apiKey: "[redacted]",
          api: "openai-completions",
          models: [{ id: "m" }],
        },
      },
    },
    tools: { profile: "coding", mcpServers: "[redacted]" },
  });
  expect(hash).toBe("");
  expect(JSON.stringify(config)).not.toMatch(/canary|private prompt|ada|secret-server|pass@|config-token/);
});

test("models.list says which thinking levels are sent to a model", async () => {
  const gateway = await startTestGateway({
    config: {
      agents: {
        defaults: {
          model: {
            primary: "builtin/assistant",
            fallbacks: ["plain/m", "effort/m", "claude/claude-sonnet-4-6", "file/m"],
          },
        },
      },
      models: {
        providers: {
          plain: { baseUrl: "http://127.0.0.1:9/v1", apiKey: "k" },
          effort: {
            baseUrl: "http://127.0.0.1:9/v1",
            apiKey: "k",
            compat: { supportsReasoningEffort: true },
          },
          claude: { api: "anthropic-messages", apiKey: "k" },
          file: { api: "llama", models: [{ id: "m", path: "/models/m.gguf" }] },
        },
      },
    },
  });
  const socket = await connectTestSocket(gateway);
  const { models } = await socket.request("models.list", { includeDetails: true });
  const sent = ["off", "minimal", "low", "medium", "high", "xhigh", "max"];
  const levels = models as readonly { readonly id: string; readonly thinkingLevels: readonly string[] }[];
  expect(levels.map(({ id, thinkingLevels }) => [id, thinkingLevels])).toEqual([
    ["builtin/assistant", []],
    ["plain/m", []],
    ["effort/m", sent],
    ["claude/claude-sonnet-4-6", sent],
    ["file/m", sent.slice(0, 5)],
  ]);
});

test("tools.effective names the setting that denies a tool, and tools.catalog lists every tool", async () => {
  const gateway = await startTestGateway({
    config: {
      tools: { deny: ["write"] },
      agents: { list: [{ id: "main", tools: { allow: ["read", "write"] } }] },
    },
  });
  const socket = await connectTestSocket(gateway);
  const { tools } = await socket.request<{
    tools: { name: string; allowed: boolean; by?: string; message?: string }[];
  }>("tools.effective");
  const of = (name: string) => tools.find((tool) => tool.name === name);
  expect(of("read")).toEqual({ name: "read", allowed: true });
  expect(of("write")).toMatchObject({
    allowed: false,
    by: "tools.deny",
    message: expect.stringContaining("tools.deny"),
  });
  expect(of("exec")).toMatchObject({ allowed: false, by: "agents.list[0].tools.allow" });
  const catalog = await socket.request<{ tools: { name: string; source: string }[] }>("tools.catalog");
  expect(catalog.tools.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
  expect(catalog.tools.every(({ source }) => source === "gateway")).toBe(true);
});

test("a tool runs once for a key", async () => {
  const gateway = await startTestGateway({ config: { gateway: { tools: { allow: ["write"] } } } });
  const socket = await connectTestSocket(gateway);
  const write = { name: "write", args: { path: "a.txt", content: "1" }, idempotencyKey: "w1" };
  const first = await socket.request("tools.invoke", write);
  expect(await socket.request("tools.invoke", write)).toEqual(first);
  expect(JSON.stringify(first)).toContain("a new file");
});

test("a repeated call of a running tool returns in_flight, and another call with its key is rejected", async () => {
  const gateway = await startTestGateway({ config: { gateway: { tools: { allow: ["exec"] } } } });
  const socket = await connectTestSocket(gateway);
  const exec = { name: "exec", args: { command: "sleep 1; echo done" }, idempotencyKey: "e1" };
  const first = socket.request("tools.invoke", exec);
  expect(await socket.request("tools.invoke", exec)).toEqual({
    ok: false,
    toolName: "exec",
    status: "in_flight",
  });
  expect((await socket.call("tools.invoke", { ...exec, name: "read" })).error?.details?.["code"]).toBe(
    "idempotency_mismatch",
  );
  expect(await first).toMatchObject({ ok: true });
  expect(await socket.request("tools.invoke", exec)).toEqual(await first);
});

test("the model and thinking level of a session apply to runs over the socket and HTTP, unless a request overrides them", async () => {
  const { model, modelCalls } = createModelSequence([says("ok")]);
  const gateway = await startTestGateway({
    config: { ...chatConfig, agents: { defaults: { models: { "test/other": {} } } } },
    model,
  });
  const socket = await connectTestSocket(gateway);
  await run(socket, "hi", "k1", "s");
  await socket.request("sessions.patch", { key: "s", model: "test/other", thinkingLevel: "high" });
  const { id = "" } = await socket.call("agent", {
    message: "and now?",
    sessionKey: "s",
    idempotencyKey: "k2",
  });
  expect(await waitForFinalResponse(socket, id)).toMatchObject({
    payload: { result: { meta: { agentMeta: { model: "test/other" } } } },
  });
  await postChat(gateway.url, createChatBody("over HTTP"), { headers: { "x-openclaw-session-key": "s" } });
  await socket.call("agent", { message: "less", sessionKey: "s", idempotencyKey: "k3", thinking: "low" });
  await expect
    .poll(() => modelCalls.map(({ thinking }) => thinking))
    .toEqual([undefined, "high", "high", "low"]);
  await socket.request("sessions.patch", { key: "s", model: null, thinkingLevel: null });
  const { sessions } = await socket.request<{ sessions: readonly object[] }>("sessions.list");
  expect(sessions[0]).not.toHaveProperty("model");
});

test("sessions.compact replaces older messages with a summary", async () => {
  const { model, modelCalls } = createModelSequence(
    [says("one")],
    [says("two")],
    [says("a summary")],
    [says("three")],
  );
  const gateway = await startTestGateway({ model });
  const socket = await connectTestSocket(gateway);
  await run(socket, "first", "k1");
  await run(socket, "second", "k2");
  expect(await socket.request("sessions.compact", { key: "main", keepTokens: 3 })).toMatchObject({
    compacted: true,
    summary: expect.stringContaining("a summary"),
  });
  await run(socket, "third", "k3");
  const texts = JSON.stringify(modelCalls.at(-1)?.turns);
  expect(texts).toContain("a summary");
  expect(texts).not.toContain("first");
  const { messages } = await socket.request<{ messages: readonly { role: string }[] }>("chat.history", {
    sessionKey: "main",
  });
  expect(messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
    "summary",
    "user",
    "assistant",
  ]);
});

test("chat.history pages back to the first message, and truncates long texts", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("x".repeat(2_000))]) });
  const socket = await connectTestSocket(gateway, {});
  for (let i = 0; i < 3; i += 1) await run(socket, `question ${i}`, `k${i}`);
  const seen: string[] = [];
  let cursor: number | null | undefined;
  do {
    const page: { messages: { content: { text: string }[] }[]; nextCursor: number | null } =
      await socket.request("chat.history", {
        sessionKey: "main",
        limit: 2,
        maxChars: 20,
        ...(typeof cursor === "number" && { cursor }),
      });
    seen.unshift(...page.messages.map(({ content }) => content[0]?.text ?? ""));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen.filter((_, index) => index % 2 === 0)).toEqual(["question 0", "question 1", "question 2"]);
  expect(seen[1]).toBe(`${"x".repeat(20)}\n[cut: 1980 more characters]`);
});

test("a page of the history fits into one result", async () => {
  const gateway = await startTestGateway({
    model: createScriptedModel([says("x".repeat(100_000))]),
    socketLimits: { maxReplyBytes: 250_000 },
  });
  const socket = await connectTestSocket(gateway);
  for (let i = 0; i < 4; i += 1) await run(socket, `question ${i}`, `k${i}`);
  const page = await socket.request<{ messages: readonly object[]; total: number; nextCursor: number }>(
    "chat.history",
    {
      sessionKey: "main",
      maxChars: 500_000,
    },
  );
  expect(page.total).toBe(8);
  expect(page.messages.length).toBeLessThan(6);
  expect(page.nextCursor).toBeGreaterThan(1);
});

test("logs.tail returns the lines since the cursor, and no secret", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("ok")]) });
  const socket = await connectTestSocket(gateway);
  await run(socket, "a private question", "k1");
  const first = await socket.request<{ cursor: number; lines: readonly string[] }>("logs.tail");
  expect(first.lines.map((line) => (JSON.parse(line) as { message: string }).message)).toContain("run");
  expect(first.lines.join("")).not.toMatch(new RegExp(`private|${token}`));
  expect(await socket.request("logs.tail", { cursor: first.cursor })).toEqual({
    cursor: first.cursor,
    lines: [],
    truncated: false,
  });
});

test("shutdown is sent, runs finish, and the connection is closed with 1012", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("ok")]) });
  const socket = await connectTestSocket(gateway);
  const stopped = gateway.stop();
  await socket.waitForFrame(({ event }) => event === "shutdown");
  expect((await socket.closed).code).toBe(1012);
  await stopped;
});
