import { expect, test } from "vitest";
import {
  createActionTool,
  readError,
  startToolsGateway,
  createReadTool,
} from "../support/gateway/tools-gateway.ts";

// ── Requests ───────────────────────────────────────────────────────────

test("a tool runs with its arguments, for the agent and the session of the request", async () => {
  const calls: unknown[] = [];
  const tool = createReadTool((args, { agentId, sessionKey, credential, runId }) =>
    calls.push({ args, agentId, sessionKey, credential, runId }),
  );
  const config = { agents: { list: [{ id: "main" }, { id: "coder" }] } };
  const server = await startToolsGateway({ config, tools: [tool] });
  const response = await server.invoke({
    tool: "READ",
    args: { path: "a" },
    agentId: "Coder",
    sessionKey: "notes",
  });

  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    ok: true,
    type: "result",
    result: { content: [{ type: "text", text: "read a" }], details: { bytes: 4 } },
  });
  expect(response.headers.get("x-openclaw-agent-id")).toBe("coder");
  expect(response.headers.get("x-openclaw-session-key")).toBe("agent:coder:notes");
  const runId = expect.stringMatching(/^run_/);
  const expectedContext = { agentId: "coder", sessionKey: "agent:coder:notes", credential: "operator" };
  expect(calls).toEqual([{ args: { path: "a" }, ...expectedContext, runId }]);
  expect(server.lines).toEqual([
    expect.objectContaining({ tool: "read", agent: "coder", credential: "operator", outcome: "done" }),
  ]);
  expect(JSON.stringify(server.lines)).not.toContain("read a");
});

test("headers select the agent and the session too, and the session selects its agent", async () => {
  const config = { agents: { list: [{ id: "main" }, { id: "coder" }] } };
  const server = await startToolsGateway({ config, tools: [createReadTool()] });
  const agentOf = async (body: object, headers: Record<string, string>): Promise<string | null> =>
    (await server.invoke({ tool: "read", args: { path: "a" }, ...body }, { headers })).headers.get(
      "x-openclaw-agent-id",
    );

  expect(await agentOf({}, {})).toBe("main");
  expect(await agentOf({}, { "x-openclaw-agent-id": "coder" })).toBe("coder");
  expect(await agentOf({}, { "x-openclaw-session-key": "agent:coder:x" })).toBe("coder");
  expect(await agentOf({ sessionKey: "agent:coder:x" }, {})).toBe("coder");
});

test.each([
  [{ agentId: "nobody" }, {}, 404, "model_not_found", "agentId"],
  [{}, { "x-openclaw-agent-id": "nobody" }, 404, "model_not_found", "x-openclaw-agent-id"],
  [{ sessionKey: "cron:x" }, {}, 400, "invalid_session_key", "sessionKey"],
  [{}, { "x-openclaw-session-key": "agent:nobody:x" }, 404, "model_not_found", "x-openclaw-session-key"],
  [{ agentId: "main" }, { "x-openclaw-agent-id": "other" }, 400, "invalid_request", "agentId"],
  [{ name: "write" }, {}, 400, "invalid_request", "tool"],
  [{ sessionKey: "a b" }, {}, 400, "invalid_value", "sessionKey"],
  [{ args: ["a"] }, {}, 400, "invalid_type", "args"],
])("%j with the headers %j is rejected", async (body, headers, status, code, param) => {
  const server = await startToolsGateway({ tools: [createReadTool()] });
  const response = await server.invoke({ tool: "read", args: { path: "a" }, ...body }, { headers });
  expect(await readError(response)).toMatchObject({ status, code, param });
});

test("`name` is an alias of `tool`, and one of the two is required", async () => {
  const server = await startToolsGateway({ tools: [createReadTool()] });
  expect((await server.invoke({ name: "read", args: { path: "a" } })).status).toBe(200);
  const error = await readError(await server.invoke({ args: {} }));
  expect(error).toMatchObject({ status: 400, code: "missing_required_parameter", param: "tool" });
});

test.each<[tool: string, args: object, text: string]>([
  ["process", {}, "stop"],
  ["process", { action: "run" }, "run"],
])(
  "the action goes to %s, whose schema has one, unless its arguments %j say another",
  async (name, args, text) => {
    const config = { gateway: { tools: { allow: ["process"] } } };
    const server = await startToolsGateway({
      config,
      tools: [createActionTool("process", () => Promise.resolve())],
    });
    const reply: unknown = await (await server.invoke({ tool: name, action: "stop", args })).json();
    expect(reply).toEqual({ ok: true, type: "result", result: { content: [{ type: "text", text }] } });
  },
);

test("a tool without an action ignores it", async () => {
  const calls: unknown[] = [];
  const server = await startToolsGateway({ tools: [createReadTool((args) => calls.push(args))] });
  expect((await server.invoke({ tool: "read", action: "run", args: { path: "a" } })).status).toBe(200);
  expect(calls).toEqual([{ path: "a" }]);
});

test.each([
  [{}, "missing_required_parameter", "args.path", "args.path: is required"],
  [{ path: 1 }, "invalid_type", "args.path", "args.path: expected string, got number"],
  [
    { path: "a", lines: [1, "b"] },
    "invalid_type",
    "args.lines[1]",
    "args.lines[1]: expected number, got string",
  ],
])("arguments %j are rejected before the tool runs", async (args, code, param, message) => {
  const server = await startToolsGateway({ tools: [createReadTool(() => expect.fail("it ran"))] });
  const response = await server.invoke({ tool: "read", args });
  expect(await readError(response)).toMatchObject({ status: 400, code, param, message });
});

// ── Policy ─────────────────────────────────────────────────────────

test("a denied tool and an unknown one have different codes, and the denial's remedy works", async () => {
  const tools = [createActionTool("exec", () => Promise.resolve()), createReadTool()];
  const server = await startToolsGateway({ tools });
  expect(await readError(await server.invoke({ tool: "bash" }))).toEqual({
    status: 404,
    type: "invalid_request_error",
    code: "tool_denied",
    param: "tool",
    message: 'bash is denied over HTTP by default; to allow it, add "exec" to gateway.tools.allow.',
  });
  expect(await readError(await server.invoke({ tool: "raed" }))).toMatchObject({
    status: 404,
    code: "tool_not_found",
    message: 'There is no tool "raed". Did you mean "read"?',
  });
  expect(await readError(await server.invoke({ tool: "frobnicate" }))).toMatchObject({
    message: 'There is no tool "frobnicate". Tools: exec, read.',
  });
  expect(server.lines.map(({ outcome, tool }) => [outcome, tool])).toEqual([
    ["tool_denied", "exec"],
    ["tool_not_found", undefined],
    ["tool_not_found", undefined],
  ]);

  const startedServers = await startToolsGateway({
    tools,
    config: { gateway: { tools: { allow: ["exec"] } } },
  });
  expect((await startedServers.invoke({ tool: "bash", action: "run" })).status).toBe(200);
});

test("a dry run checks everything and runs nothing; a denial is its result, not an error", async () => {
  const never = (): Promise<never> => expect.fail("it ran");
  const server = await startToolsGateway({
    tools: [createActionTool("read", never), createActionTool("write", never)],
  });
  const dryRun = true;
  const decisionOf = async (tool: string): Promise<unknown> => (await server.invoke({ tool, dryRun })).json();

  expect(await decisionOf("read")).toEqual({
    ok: true,
    type: "decision",
    dryRun,
    decision: { allowed: true },
  });
  expect(await decisionOf("write")).toEqual({
    ok: true,
    type: "decision",
    dryRun,
    decision: {
      allowed: false,
      by: "gateway.tools.allow",
      message: 'write is denied over HTTP by default; to allow it, add "write" to gateway.tools.allow.',
    },
  });
  expect((await server.invoke({ tool: "read", args: { action: 1 }, dryRun })).status).toBe(400);
  expect((await server.invoke({ tool: "exce", dryRun })).status).toBe(404);
  expect(server.lines.map(({ outcome }) => outcome).slice(0, 2)).toEqual(["dry_run", "dry_run"]);
});

test("a tool of an MCP server is found by its prefix; no other server is started", async () => {
  const search = { ...createReadTool(), name: "docs__search" };
  const servers = { docs: [search], down: new Error('The MCP server "down" has ended.') };
  const server = await startToolsGateway({ servers, config: { tools: { deny: ["down__secret"] } } });

  expect((await server.invoke({ tool: "docs__search", args: { path: "a" } })).status).toBe(200);
  expect(await readError(await server.invoke({ tool: "docs__serach" }))).toMatchObject({
    code: "tool_not_found",
    message: 'There is no tool "docs__serach". Did you mean "docs__search"?',
  });
  expect(await readError(await server.invoke({ tool: "down__secret" }))).toMatchObject({
    code: "tool_denied",
  });
  expect(new Set(server.startedServers)).toEqual(new Set(["docs"]));
  expect(await readError(await server.invoke({ tool: "down__x" }))).toMatchObject({
    status: 400,
    code: "tool_error",
    message: 'The MCP server "down" has ended.',
  });
});
