/** The commands that ask the running gateway, but for `agent` and `tools invoke`. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { says } from "../../contracts/examples/script.ts";
import { packageVersion } from "../../server/lib/package.ts";
import { run as runCommandLine, start, type CommandResult } from "../support/clients/command-line.ts";
import {
  createChatBody,
  chatConfig,
  postChat,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { finishEvent, createGatedModel, createScriptedModel } from "../support/providers/scripted-model.ts";

const envOf = (url: string): NodeJS.ProcessEnv => ({
  OPENCLAW_GATEWAY_URL: url,
  OPENCLAW_GATEWAY_TOKEN: token,
});

const run = ({ url }: Pick<TestGateway, "url">, ...args: readonly string[]): Promise<CommandResult> =>
  runCommandLine(envOf(url), args);

const json = async (gateway: TestGateway, ...args: readonly string[]): Promise<unknown> => {
  const { out } = await run(gateway, ...args, "--json");
  return JSON.parse(out) as unknown;
};

const postMessage = (gateway: TestGateway, key: string, words: string): Promise<Response> =>
  postChat(gateway.url, createChatBody(words), { headers: { "x-openclaw-session-key": key } });

const twoAgents = {
  ...chatConfig,
  agents: {
    list: [
      { id: "main" },
      {
        id: "coder",
        name: "The coder",
        model: { primary: "builtin/assistant", fallbacks: ["builtin/assistant"] },
      },
    ],
  },
};

// ── The gateway ─────────────────────────────────────────────────────────────

test("health needs no credential and reports whether the gateway accepts requests", async () => {
  const { model, waitForCall, emit } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const ready = await runCommandLine({ OPENCLAW_GATEWAY_URL: gateway.url }, ["health"]);
  expect(ready).toEqual({ code: 0, out: `The gateway at ${gateway.url} accepts requests.`, err: "" });
  expect(await json(gateway, "health")).toMatchObject({ ok: true, status: "live", ready: true });
  const answered = postMessage(gateway, "k", "hello");
  await waitForCall();
  const stopped = gateway.stop();
  expect(await run(gateway, "health")).toMatchObject({
    code: 1,
    out: expect.stringContaining("accepts no requests") as string,
  });
  emit(finishEvent);
  await Promise.all([answered, stopped]);
});

test("health gives up on a server that never responds", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await once(silent, "listening");
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const { code, err } = await runCommandLine(envOf(url), ["health"]);
  expect([code, err]).toEqual([1, `The server at ${url} does not respond within 5 s.`]);
});

test("status shows the version, the load and the credential's source", async () => {
  const gateway = await startTestGateway({ config: twoAgents });
  await postMessage(gateway, "k", "hello");
  const { code, out } = await run(gateway, "status");
  expect(code).toBe(0);
  expect(out.split("\n").map((line) => line.replace(/ {2,}/, ": "))).toEqual([
    `Gateway: ${gateway.url}`,
    `Version: ${packageVersion}`,
    expect.stringMatching(/^Node: node_\w+$/) as string,
    expect.stringMatching(/^Running for: \d+ s$/) as string,
    "Credential: OPENCLAW_GATEWAY_TOKEN",
    "Runs: 0",
    "Connections: 1",
    "Agents: main (default), coder",
    "Sessions: 1",
    expect.stringMatching(/^Provider builtin: last success \S+Z$/) as string,
  ]);
  const bySocket = await runCommandLine(envOf(gateway.url.replace("http", "ws")), ["status"]);
  expect(bySocket).toMatchObject({ code: 0, out: expect.stringContaining(gateway.url) as string });
  expect(await json(gateway, "status")).toMatchObject({
    ok: true,
    commandLine: packageVersion,
    sessions: { count: 1 },
  });
  const { out: nodes } = await run(gateway, "status", "--all-nodes");
  expect(nodes.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["NODE", "VERSION", "RUNNING FOR", "RUNS", "LAST HEARTBEAT", "STATE"],
    [
      expect.stringMatching(/^node_/),
      packageVersion,
      expect.stringMatching(/^\d+ s$/),
      "0",
      expect.stringMatching(/Z$/),
      "running, answers",
    ],
  ]);
});

test("agents and models are listed", async () => {
  const gateway = await startTestGateway({ config: twoAgents });
  expect((await run(gateway, "agents", "list")).out.split("\n")).toEqual([
    "AGENT           NAME       MODEL",
    "main (default)             builtin/assistant",
    "coder           The coder  builtin/assistant, then builtin/assistant",
  ]);
  expect(await json(gateway, "agents", "list")).toMatchObject({ defaultId: "main" });
  expect((await run(gateway, "models", "list")).out).toMatch(
    /^MODEL +CONTEXT \(TOKENS\)\nbuiltin\/assistant +\S+$/,
  );
  expect(await json(gateway, "models", "list", "--agent", "coder")).toMatchObject({
    models: [{ id: "builtin/assistant" }],
  });
  expect(await run(gateway, "models", "list", "--agent", "nobody")).toMatchObject({ code: 1 });
});

// ── Sessions ────────────────────────────────────────────────────────────────

test("sessions are listed last used first, up to the limit", async () => {
  const gateway = await startTestGateway();
  for (const key of ["one", "two", "three"]) await postMessage(gateway, key, "hello");
  const { out } = await run(gateway, "sessions", "list", "--limit", "2");
  const [head, ...rows] = out.split("\n");
  expect(head).toMatch(/^SESSION +LAST USED +ENTRIES +LABEL$/);
  expect(rows.map((row) => row.split(" ")[0])).toEqual(["agent:main:three", "agent:main:two"]);
  expect(await json(gateway, "sessions", "list", "--agent", "nobody")).toEqual({ sessions: [] });
});

test("the messages of a conversation are shown", async () => {
  const gateway = await startTestGateway();
  await postMessage(gateway, "trip", "/echo to Ulm");
  await postMessage(gateway, "trip", "/tool session_status {}\ndone");
  const { out } = await run(gateway, "sessions", "show", "trip");
  expect(out.split("\n\n").slice(0, 2)).toEqual(["agent:main:trip: 6 messages", "user: /echo to Ulm"]);
  expect(out).toContain("assistant: [calls session_status {}]\n\ntool: ");
  expect((await run(gateway, "sessions", "show", "trip", "--limit", "1")).out).toMatch(
    /^agent:main:trip: the last 1 of 6 messages\n\nassistant: /,
  );
  expect(await run(gateway, "sessions", "show", "nothing")).toMatchObject({
    code: 1,
    out: "",
    err: "No such session.",
  });
});

test("a conversation of many pages is exported completely, oldest message first", async () => {
  const gateway = await startTestGateway({ model: createScriptedModel([says("yes")]) });
  const many = Array.from({ length: 1_100 }, (_, i) => ({
    role: i % 2 === 0 ? "user" : "assistant",
    content: `message ${i}`,
  }));
  const messages = [...many, { role: "user", content: "the last" }];
  await postChat(gateway.url, createChatBody("", { messages }), {
    headers: { "x-openclaw-session-key": "long" },
  });
  const { code, out } = await run(gateway, "sessions", "export", "long");
  expect(code).toBe(0);
  const lines = out.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines[0]).toMatchObject({ type: "session", sessionKey: "agent:main:long", messages: 1_102 });
  expect(lines).toHaveLength(1_103);
  const seqs = lines.slice(1).map(({ seq }) => seq as number);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  expect(lines[1]).toMatchObject({ type: "message", role: "user", content: [{ text: "message 0" }] });
  expect(lines.at(-1)).toMatchObject({ role: "assistant", content: [{ text: "yes" }] });
});

test("a conversation is aborted, reset and deleted", async () => {
  const { model, waitForCall } = createGatedModel();
  const gateway = await startTestGateway({ model });
  const answered = postMessage(gateway, "trip", "hello");
  await waitForCall();
  expect(await run(gateway, "sessions", "abort", "trip")).toEqual({
    code: 0,
    out: "The run is aborted.",
    err: "",
  });
  expect((await answered).status).toBe(409);
  expect((await run(gateway, "sessions", "abort", "trip")).out).toBe("There was no run to abort.");
  expect((await run(gateway, "sessions", "reset", "trip")).out).toBe("agent:main:trip is reset.");
  expect(await json(gateway, "sessions", "delete", "trip")).toEqual({
    ok: true,
    sessionKey: "agent:main:trip",
    deleted: true,
  });
  expect(await run(gateway, "sessions", "delete", "trip")).toMatchObject({ code: 1 });
});

test("a text is found in messages and names, in any case", async () => {
  const gateway = await startTestGateway();
  await postMessage(gateway, "trip", "The opening hours of the museum");
  await postMessage(gateway, "other", "hello");
  const { matches } = (await json(gateway, "sessions", "search", "OPENING hours")) as { matches: object[] };
  expect(matches).toEqual([
    expect.objectContaining({
      sessionKey: "agent:main:trip",
      text: expect.stringContaining("opening hours") as string,
    }),
  ]);
  expect((await run(gateway, "sessions", "search", "other")).out.split("\n")).toEqual([
    expect.stringMatching(/^SESSION +LAST USED +ROLE +TEXT$/),
    expect.stringMatching(/^agent:main:other +(now|\d+ s ago) +name +agent:main:other$/),
  ]);
  expect(await run(gateway, "sessions", "search", "nowhere")).toEqual({
    code: 0,
    out: "",
    err: 'No conversation contains "nowhere".',
  });
});

test("a conversation gets a name, and loses it", async () => {
  const gateway = await startTestGateway();
  await postMessage(gateway, "trip", "hello");
  const renamed = await run(gateway, "sessions", "rename", "trip", "To Ulm");
  expect(renamed.out).toBe('agent:main:trip is named "To Ulm".');
  expect((await run(gateway, "sessions", "list")).out).toContain("To Ulm");
  expect((await run(gateway, "sessions", "rename", "trip")).out).toBe("agent:main:trip has no name now.");
  expect((await run(gateway, "sessions", "list", "--active", "5")).out).not.toContain("To Ulm");
  expect(await run(gateway, "sessions", "rename", "nothing", "x")).toMatchObject({ code: 1 });
});

// ── The log ─────────────────────────────────────────────────────────────────

test("the log is printed for people, or as a JSON object per line", async () => {
  const gateway = await startTestGateway();
  for (const key of ["one", "two"]) await postMessage(gateway, key, "hello");
  const { out } = await run(gateway, "logs", "--limit", "1");
  expect(out).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO  run .*sessionKey=agent:main:two /);
  expect(out.split("\n")).toHaveLength(1);
  const lines = (await run(gateway, "logs", "--json")).out
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(lines.at(-1)).toMatchObject({ type: "log", level: "info", message: "run", agent: "main" });
});

test("the log is followed until Ctrl-C", async () => {
  const gateway = await startTestGateway();
  await postMessage(gateway, "before", "hello");
  const command = start(envOf(gateway.url), ["logs", "-f", "--interval", "100"]);
  await expect.poll(command.out).toContain("sessionKey=agent:main:before");
  await postMessage(gateway, "after", "hello");
  await expect.poll(command.out).toContain("sessionKey=agent:main:after");
  command.child.kill("SIGINT");
  expect(await command.code).toBe(130);
  expect(command.out().match(/sessionKey=agent:main:before/g)).toHaveLength(1);
});

// ── Any method ──────────────────────────────────────────────────────────────

test("call prints the result of any method, with parameters from the command line or stdin", async () => {
  const gateway = await startTestGateway();
  const { out } = await run(gateway, "call", "agent.identity.get", "--params", '{"agentId": "main"}');
  expect(JSON.parse(out)).toMatchObject({ agentId: "main" });
  const piped = await runCommandLine(
    envOf(gateway.url),
    ["call", "agent.identity.get", "--params", "-"],
    '{"agentId": "main"}',
  );
  expect(piped.out).toBe(out);
  expect(await run(gateway, "call", "statsu")).toMatchObject({
    code: 1,
    err: expect.stringContaining("Did you mean status?") as string,
  });
  expect(await run(gateway, "call", "agent.identity.get", "--params", '{"agentId": 1}')).toMatchObject({
    code: 1,
  });
  expect(await run(gateway, "call", "status", "--params", "[]")).toMatchObject({ code: 2 });
});

// ── Trouble ─────────────────────────────────────────────────────────────────

test("a rejected credential exits 77 over HTTP and WebSocket", async () => {
  const { url } = await startTestGateway();
  const env = { ...envOf(url), OPENCLAW_GATEWAY_TOKEN: "wrong" };
  for (const args of [["status"], ["sessions", "list"], ["call", "status"]]) {
    expect(await runCommandLine(env, args)).toMatchObject({
      code: 77,
      err: expect.stringContaining("rejects the credential (from OPENCLAW_GATEWAY_TOKEN)") as string,
    });
  }
});

/** A gateway of another version, as far as anybody looks: it says hello, or does not want to, and knows no method. */
async function startOtherVersion(hello: object): Promise<{ readonly url: string }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => server.close());
  server.on("connection", (ws) => {
    ws.on("message", (data: Buffer) => {
      const { id, method } = JSON.parse(data.toString()) as { id: string; method: string };
      const unknown = { ok: false, error: { code: "INVALID_REQUEST", message: `unknown method: ${method}` } };
      ws.send(JSON.stringify({ type: "res", id, ...(method === "connect" ? hello : unknown) }));
    });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("a failure names the version of a gateway of another version", async () => {
  const payload = {
    server: { version: "9.9.9", connId: "c" },
    auth: { role: "operator", scopes: [] },
    policy: { tickIntervalMs: 30_000 },
  };
  const newer = await startOtherVersion({ ok: true, payload });
  expect(await run(newer, "call", "status")).toMatchObject({
    code: 1,
    err: `The gateway is version 9.9.9, this command line is ${packageVersion}: update the older one.\nunknown method: status`,
  });
  const error = {
    code: "INVALID_REQUEST",
    message: "protocol mismatch",
    details: { code: "PROTOCOL_MISMATCH" },
  };
  const foreign = await startOtherVersion({ ok: false, error });
  expect(await run(foreign, "status")).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /^protocol mismatch\nThis command line is version .*\. Update it or the gateway/,
    ) as string,
  });
});
