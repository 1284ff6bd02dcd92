import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run as runCommandLine, type CommandResult } from "../support/clients/command-line.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";
import { createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { spawnOpenclaw } from "../support/gateway/gateway-process.ts";
import {
  createActionTool,
  startToolsGateway,
  createReadTool,
  type ToolsGateway,
} from "../support/gateway/tools-gateway.ts";

const run = (env: NodeJS.ProcessEnv, ...args: string[]): Promise<CommandResult> =>
  runCommandLine(env, ["tools", ...args]);

const docs = { command: "docs-server" };
const configured = {
  gateway: { tools: { allow: ["exec"] } },
  tools: { deny: ["web_fetch"], mcpServers: { docs } },
  agents: { list: [{ id: "main" }, { id: "Coder", tools: { deny: ["group:fs"], byProvider: {} } }] },
};

// ── From the configuration ────────────────────────────────────────────────────

test("list prints every tool of the default agent and where it is allowed", async () => {
  const { home } = createConfigFile(configured);
  const { code, out, err } = await run({ HOME: home }, "list");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.split("\n").map((line) => line.trimEnd())).toEqual([
    'The agent "main" with builtin/assistant:',
    "",
    "TOOL              IN RUNS               OVER HTTP",
    "read              allowed               allowed",
    "write             allowed               denied over HTTP by default",
    "edit              allowed               denied over HTTP by default",
    "apply_patch       allowed               denied over HTTP by default",
    "exec              allowed               allowed",
    "process           allowed               denied over HTTP by default",
    "web_fetch         denied by tools.deny  denied by tools.deny",
    "session_status    allowed               allowed",
    "sessions_list     allowed               allowed",
    "sessions_history  allowed               allowed",
    "docs__*           allowed               allowed",
    "",
    "openclaw tools explain TOOL shows how to change it.",
  ]);
});

test("list of an agent as JSON has the decisions", async () => {
  const { home } = createConfigFile(configured);
  const { out } = await run({ HOME: home }, "list", "--agent", "CODER", "--json");
  const { agent, tools } = JSON.parse(out) as { agent: string; tools: readonly object[] };
  expect(agent).toBe("coder");
  expect(tools[0]).toMatchObject({
    name: "read",
    run: { allowed: false, by: "agents.list[1].tools.deny" },
    http: { allowed: false, by: "agents.list[1].tools.deny" },
  });
});

test("explain names every setting that denies a tool, and its remedy", async () => {
  const { home } = createConfigFile(configured);
  expect(await run({ HOME: home }, "explain", "Write", "--agent", "coder")).toEqual({
    code: 0,
    err: "",
    out: [
      'write, for the agent "coder" with builtin/assistant:',
      "",
      "in runs    denied by agents.list[1].tools.deny",
      '             to allow it, take "group:fs" out of agents.list[1].tools.deny',
      "over HTTP  denied by agents.list[1].tools.deny",
      '             to allow it, take "group:fs" out of agents.list[1].tools.deny',
      "           denied over HTTP by default",
      '             to allow it, add "write" to gateway.tools.allow',
    ].join("\n"),
  });
  const { out } = await run({ HOME: home }, "explain", "bash", "--json");
  expect(JSON.parse(out)).toEqual({
    tool: "exec",
    agent: "main",
    model: "builtin/assistant",
    run: { allowed: true },
    http: { allowed: true },
  });
});

test("an unknown tool or agent is an error with a suggestion", async () => {
  const env = { HOME: createConfigFile(configured).home };
  expect(await run(env, "explain", "exce")).toMatchObject({
    code: 1,
    err: 'There is no tool "exce". Did you mean "exec"?',
  });
  expect(await run(env, "explain", "dcos__search")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^There is no tool "dcos__search"\. Tools: read, .*, docs__\*\.$/),
  });
  expect(await run(env, "explain", "docs__search")).toMatchObject({ code: 0 });
  expect(await run(env, "list", "--agent", "codr")).toMatchObject({
    code: 1,
    err: 'There is no agent "codr". Did you mean "Coder"? Agents: main, Coder.',
  });
});

test("a wrong configuration exits 78", async () => {
  const { home } = createConfigFile({ tools: { profle: "full" } });
  expect(await run({ HOME: home }, "list")).toMatchObject({
    code: 78,
    err: expect.stringContaining("tools.profle: unknown key"),
  });
});

// ── Through the gateway ─────────────────────────────────────────────────────

const reader = createReadTool();
const getBaseUrl = (gateway: ToolsGateway): string => gateway.url.replace("/tools/invoke", "");
const pathA = ["--args", '{"path": "a"}'];

/** Creates a state folder like that of a running gateway. */
function createState(url: string, secret: string): { stateDir: string; env: NodeJS.ProcessEnv } {
  const stateDir = createTemporaryFolder();
  const tokenPath = join(stateDir, "gateway-token");
  writeFileSync(tokenPath, `${secret}\n`);
  writeFileSync(join(stateDir, "gateway.json"), JSON.stringify({ url, pid: 1, tokenPath }));
  return { stateDir, env: { OPENCLAW_STATE_DIR: stateDir } };
}

test("invoke runs a tool of the local gateway with the stored credential", async () => {
  const gateway = await startToolsGateway({ tools: [reader] });
  const { env } = createState(getBaseUrl(gateway), token);
  expect(await run(env, "invoke", "read", ...pathA)).toEqual({ code: 0, out: "read a", err: "" });

  const { out } = await run(env, "invoke", "read", ...pathA, "--session-key", "notes", "--json");
  expect(JSON.parse(out)).toMatchObject({ ok: true, result: { details: { bytes: 4 } } });
  expect(gateway.lines.map(({ sessionKey }) => sessionKey)).toEqual([undefined, "agent:main:notes"]);
});

test("invoke uses the gateway of the environment, and never sends it the stored credential", async () => {
  const gateway = await startToolsGateway({ tools: [reader] });
  const { env } = createState("http://127.0.0.1:9", token);
  const elsewhere = { ...env, OPENCLAW_GATEWAY_URL: getBaseUrl(gateway) };
  for (const name of ["OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD"]) {
    const known = { ...elsewhere, [name]: token };
    expect(await run(known, "invoke", "read", ...pathA)).toMatchObject({ code: 0, out: "read a" });
  }
  expect(await run(elsewhere, "invoke", "read", ...pathA)).toMatchObject({
    code: 77,
    err: expect.stringContaining("OPENCLAW_GATEWAY_TOKEN, which is not set"),
  });
});

test("a rejected credential is named, and the exit code is 77", async () => {
  const gateway = await startToolsGateway({ tools: [reader] });
  const { env, stateDir } = createState(getBaseUrl(gateway), "of another gateway");
  const { code, err } = await run(env, "invoke", "read", ...pathA);
  expect(code).toBe(77);
  expect(err).toContain(`rejects the credential (from ${join(stateDir, "gateway-token")})`);
  expect(err).not.toContain("of another gateway");
});

test("the credential can be in the configuration", async () => {
  const gateway = await startToolsGateway({ tools: [reader] });
  const { home } = createConfigFile({ gateway: { auth: { token } } });
  writeFileSync(
    join(home, ".openclaw", "gateway.json"),
    JSON.stringify({ url: getBaseUrl(gateway), pid: 1 }),
  );
  expect(await run({ HOME: home }, "invoke", "read", ...pathA)).toMatchObject({ code: 0, out: "read a" });
});

test("without a gateway the error says how to start one", async () => {
  const empty = createTemporaryFolder();
  expect(await run({ OPENCLAW_STATE_DIR: empty }, "invoke", "read")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/No gateway runs here: .*Start one with `openclaw gateway`/),
  });
  const { env } = createState("http://127.0.0.1:9", token);
  expect(await run(env, "invoke", "read")).toMatchObject({
    code: 1,
    err: expect.stringContaining("Nothing responds at http://127.0.0.1:9. Is the gateway running?"),
  });
  const wrong = await run({ OPENCLAW_GATEWAY_URL: "127.0.0.1:18789" }, "invoke", "read");
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("OPENCLAW_GATEWAY_URL: expected") });
});

test("a rejection of the gateway is printed, and an error as JSON too", async () => {
  const gateway = await startToolsGateway({
    tools: [reader, createActionTool("exec", () => Promise.resolve())],
  });
  const { env } = createState(getBaseUrl(gateway), token);
  const denied = 'exec is denied over HTTP by default; to allow it, add "exec" to gateway.tools.allow.';
  expect(await run(env, "invoke", "exec")).toEqual({ code: 1, out: "", err: denied });
  expect(await run(env, "invoke", "exec", "--dry-run")).toEqual({ code: 1, out: denied, err: "" });
  expect(await run(env, "invoke", "read", ...pathA, "--dry-run")).toMatchObject({
    code: 0,
    out: "The tool would run.",
  });
  const { out, err } = await run(env, "invoke", "read", "--json");
  expect(err).toBe("args.path: is required");
  expect(JSON.parse(out)).toMatchObject({ ok: false, error: { param: "args.path" } });
});

test("as a process: prints the result to stdout and exits after it", async () => {
  const gateway = await startToolsGateway({ tools: [reader] });
  const { child, output } = spawnOpenclaw(
    ["tools", "invoke", "read", ...pathA],
    createState(getBaseUrl(gateway), token).env,
  );
  const [code] = (await once(child, "close")) as [number | null];
  expect({ code, output: output() }).toEqual({ code: 0, output: "read a\n" });
});

// ── Usage ───────────────────────────────────────────────────────────────────

test.each([
  [[], "openclaw tools: a subcommand is missing"],
  [["lst"], 'unknown command "tools lst"; did you mean "tools list"?'],
  [["list", "exec"], 'unexpected argument "exec"'],
  [["explain"], "TOOL is missing"],
  [["explain", "a", "b"], 'unexpected argument "b"'],
  [["list", "--agnet", "x"], "unknown option --agnet; did you mean --agent?"],
  [["invoke", "exec", "--args", "{"], "--args is not JSON"],
  [["invoke", "exec", "--args", '["ls"]'], "--args: expected a JSON object"],
])("wrong usage %j exits with 2 and points to the help", async (args, why) => {
  const { code, err } = await run({ HOME: "/nowhere" }, ...args);
  expect(code).toBe(2);
  expect(err).toContain(why);
  expect(err).toMatch(/openclaw .*--help/);
});

test("help is shown on request", async () => {
  for (const args of [["--help"], ["invoke", "-h"]]) {
    expect(await run({ HOME: "/nowhere" }, ...args)).toMatchObject({
      code: 0,
      out: expect.stringContaining("Example:"),
    });
  }
});
