/** What a reload of configuration and secret does to requests, connections and runs. */
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { says } from "../../contracts/examples/script.ts";
import { createChatBody, postChat, startTestGateway, token } from "../support/gateway/gateway.ts";
import { callAsOperator, connectWithSecret, request } from "../support/gateway/keys.ts";
import {
  createEndlessModel,
  createGatedModel,
  createScriptedModel,
  finishEvent,
  type GatedModel,
} from "../support/providers/scripted-model.ts";
import { openRawConnection } from "../support/sockets/raw-http.ts";
import { openResponsesWebSocket } from "../support/sockets/responses-websocket.ts";
import { createStdioMcpServer, isRunning } from "../support/tools/mcp-processes.ts";

const otherToken = "other-token-0123456789abcdef";

const endpoints = (more: object = {}): ConfigInput["gateway"] => ({
  http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
  ...more,
});

test("a request that is at work goes on with what it began with; the next one gets what is new", async () => {
  const gated = createGatedModel();
  const instructions: string[] = [];
  const gateway = await startTestGateway({
    config: { gateway: endpoints(), agents: { defaults: { instructions: "Old." } } },
    model: (call, signal) => {
      instructions.push(call.system);
      return instructions.length === 1
        ? gated.model(call, signal)
        : createScriptedModel([says("new")])(call, signal);
    },
  });
  const stream = await postChatStream(gateway.url, gated);
  gateway.reload({ gateway: endpoints(), agents: { defaults: { instructions: "New." } } });
  const next = await postChat(gateway.url, createChatBody("hi"));
  expect(await next.text()).toContain('"content":"new"');
  gated.emit({ type: "text", text: "and the end" });
  gated.emit(finishEvent);
  const text = await stream.text();
  expect(text).toContain("and the end");
  expect(text).toContain("[DONE]");
  expect(instructions.map((each) => each.slice(0, 4))).toEqual(["Old.", "New."]);
});

/** Resolves when the model is at work. */
async function postChatStream(
  url: string,
  { emit, waitForCall }: GatedModel,
  headers: Record<string, string> = {},
): Promise<Response> {
  const stream = postChat(url, createChatBody("hi", { stream: true }), { headers });
  await waitForCall();
  emit({ type: "text", text: "the start " });
  return stream;
}

test("endpoints, limits, origins and agents follow without a restart", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("hi")]) });
  const post = async (content: string, init: RequestInit = {}): Promise<number> =>
    (await postChat(gateway.url, createChatBody(content), init)).status;
  const origin = { headers: { origin: "https://app.example.com" } };
  expect([await post("x"), await post("x", origin)]).toEqual([200, 403]);
  expect((await request(gateway, "/v1/responses", { body: { input: "x", model: "openclaw" } })).status).toBe(
    404,
  );

  gateway.reload({
    gateway: {
      http: {
        endpoints: { chatCompletions: { enabled: true, maxBodyBytes: 200 }, responses: { enabled: true } },
        cors: { allowedOrigins: ["https://app.example.com"] },
      },
    },
    agents: { list: [{ id: "coder" }] },
  });
  expect([await post("x", origin), await post("x".repeat(200))]).toEqual([200, 413]);
  expect((await request(gateway, "/v1/responses", { body: { input: "x", model: "openclaw" } })).status).toBe(
    200,
  );
  expect(await callAsOperator(gateway, "status")).toMatchObject({ agents: ["coder"] });

  gateway.reload({});
  expect(await post("x")).toBe(404);
});

test("a configuration that cannot be used changes nothing", async () => {
  const gateway = await startTestGateway();
  expect(() => gateway.reload({ gateway: endpoints(), agents: { defaults: { model: "nobody/x" } } })).toThrow(
    "no model nobody/x",
  );
  expect((await postChat(gateway.url, createChatBody("hi"))).status).toBe(200);
  expect((await request(gateway, "/v1/responses", { body: { input: "x", model: "openclaw" } })).status).toBe(
    404,
  );
});

test("runs that wait get the slots that a reload adds", async () => {
  const { model, countRunning } = createEndlessModel();
  const config = (maxConcurrentRuns: number): ConfigInput => ({
    gateway: endpoints({ limits: { maxConcurrentRuns, drainMs: 1 } }),
  });
  const gateway = await startTestGateway({ config: config(1), model });
  const answers = [1, 2, 3].map(() => postChat(gateway.url, createChatBody("hi")));
  await expect.poll(async () => (await callAsOperator(gateway, "status"))["runs"]).toBe(3);
  expect(countRunning()).toBe(1);
  gateway.reload(config(2));
  await expect.poll(countRunning).toBe(2);
  await gateway.stop();
  await Promise.all(answers);
});

test("a replaced secret is rejected at once and its sockets are closed; its accepted requests end well", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ config: { gateway: endpoints() }, model: gated.model });
  const [socket, responsesSocket] = [
    await connectWithSecret(gateway, token),
    await openResponsesWebSocket(gateway.url),
  ];
  const stream = await postChatStream(gateway.url, gated, { "x-openclaw-session-key": "kept" });
  const feed = await request(gateway, "/sessions/kept/history", { headers: { accept: "text/event-stream" } });
  expect(feed.status).toBe(200);

  gateway.reload({ gateway: endpoints() }, otherToken);

  expect((await request(gateway, "/sessions")).status).toBe(401);
  expect((await request(gateway, "/sessions", { secret: otherToken })).status).toBe(200);
  const reason = "The gateway's secret was replaced. Connect again with the new one.";
  expect(await socket.closed).toEqual({ code: 1008, reason });
  expect(await responsesSocket.closed).toEqual({ code: 1008, reason: "the credential has ended" });
  expect(await feed.text()).toContain("event: history");
  gated.emit(finishEvent);
  expect(await stream.text()).toContain("[DONE]");
  const other = await connectWithSecret(gateway, otherToken);
  expect(await other.request("status")).toMatchObject({ ok: true });
});

test("a response over a WebSocket of the replaced secret is completed before the WebSocket is closed", async () => {
  const gated = createGatedModel();
  const gateway = await startTestGateway({ config: { gateway: endpoints() }, model: gated.model });
  const socket = await openResponsesWebSocket(gateway.url);
  const completed = socket.createAndWait({ model: "openclaw", input: "hi" });
  await gated.waitForCall();
  gateway.reload({ gateway: endpoints() }, otherToken);
  gated.emit({ type: "text", text: "done" });
  gated.emit(finishEvent);
  await completed;
  expect(socket.events.map(({ type }) => type)).toContain("response.completed");
  expect((await socket.closed).code).toBe(1008);
});

test("a request whose secret is replaced while its body is on the way is not done", async () => {
  const gateway = await startTestGateway({ model: () => expect.fail("no model is asked") });
  const connection = await openRawConnection(gateway.url);
  const body = JSON.stringify(createChatBody("hi"));
  const head = [
    `host: ${new URL(gateway.url).host}`,
    `authorization: Bearer ${token}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "expect: 100-continue",
  ];
  connection.send(`POST /v1/chat/completions HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`);
  expect((await connection.readResponse()).status).toBe(100);
  gateway.reload({ gateway: endpoints() }, otherToken);
  connection.send(body);
  expect((await connection.readResponse()).status).toBe(401);
});

test("an MCP server with the same settings stays, another is replaced when the runs of before have ended", async () => {
  const kept = createStdioMcpServer();
  const replaced = createStdioMcpServer();
  const servers = { kept: kept.server, replaced: replaced.server };
  const gated = createGatedModel();
  const gateway = await startTestGateway({
    config: { gateway: endpoints(), tools: { mcpServers: servers } },
    model: gated.model,
  });
  const stream = await postChatStream(gateway.url, gated);
  const [keptPid, replacedPid] = [kept.readPid(), replaced.readPid()];
  const echo = (server: string): Promise<Response> =>
    request(gateway, "/tools/invoke", { body: { tool: `${server}__echo`, args: { text: "x" } } });

  gateway.reload({
    gateway: endpoints(),
    tools: { mcpServers: { ...servers, replaced: { ...replaced.server, timeoutSeconds: 7 } } },
  });
  expect([(await echo("kept")).status, (await echo("replaced")).status]).toEqual([200, 200]);
  expect(kept.readPid()).toBe(keptPid);
  expect(replaced.readPid()).not.toBe(replacedPid);
  expect(isRunning(replacedPid)).toBe(true);

  gateway.reload({ gateway: endpoints() });
  expect((await echo("kept")).status).toBe(404);
  expect(isRunning(keptPid)).toBe(true);
  gated.emit(finishEvent);
  await stream.text();
  await expect.poll(() => [replacedPid, keptPid, replaced.readPid()].filter(isRunning)).toEqual([]);
});
