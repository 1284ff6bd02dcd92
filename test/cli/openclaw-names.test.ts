/** What an OpenClaw user types: other names of commands, commands that do not exist here, options before the command. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandNames, findCommand } from "../../cli/commands.ts";
import { readGlobalOptions, readLogLevel, startsGateway } from "../../cli/global-options.ts";
import { findPointer } from "../../cli/pointers.ts";
import { packageVersion } from "../../server/lib/package.ts";
import { run, start, waitForExit } from "../support/clients/command-line.ts";
import { createTemporaryFolder, startTestGateway, token } from "../support/gateway/gateway.ts";

test.each([
  [["gateway", "run", "--port", "1"], "gateway", ["--port", "1"]],
  [["gateway", "--port", "1"], "gateway", ["--port", "1"]],
  [["gateway", "call", "status"], "call", ["status"]],
  [["gateway", "health"], "health", []],
  [["gateway", "status"], "gateway status", []],
  [["tui"], "chat", []],
  [["onboard"], "init", []],
  [["models"], "models status", []],
  [["sessions"], "sessions list", []],
  [["sessions", "--json"], "sessions list", ["--json"]],
  [["sessions", "show", "k"], "sessions show", ["k"]],
  [["config", "validate"], "config check", []],
  [["agent", "list"], "agent", ["list"]],
])("%j runs %s", (args, name, rest) => {
  expect(findCommand(args)).toEqual({ name, rest });
});

test.each([[["sessions", "lst"]], [["constructor"]], [["keys"]], [[]]])("%j runs nothing", (args) => {
  expect(findCommand(args)).toBeUndefined();
});

test.each([
  [["channels", "add"], "no chat channels"],
  [["configure"], "openclaw init"],
  [["gateway", "restart"], "service manager"],
  [["models", "set", "openai/gpt-5"], "openclaw config set agents.defaults.model"],
  [["cron"], "no scheduler"],
])("%j is answered with what to use, and exits 2", async (args, text) => {
  const { code, out, err } = await run({}, args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(text);
  expect(err.split("\n")).toHaveLength(1);
});

test("no command is hidden by an answer, and none of the object's own names is one", () => {
  for (const name of commandNames) {
    const [first = "", second] = name.split(" ");
    expect(findPointer(first, second), name).toBeUndefined();
  }
  expect(findPointer("constructor", "toString")).toBeUndefined();
});

describe("with --json every failure is one object on stdout", () => {
  test.each([
    [["status", "--json"], 1, "No gateway runs here"],
    [["sessions", "show", "--json"], 2, "KEY is missing"],
    [["channels", "list", "--json"], 2, "no chat channels"],
    [["gatewya", "--json"], 2, "unknown command"],
    [["tools", "explain", "nothing", "--json"], 1, 'There is no tool "nothing"'],
    [["call", "status"], 1, "No gateway runs here"],
  ])("%j", async (args, code, message) => {
    const result = await run({ OPENCLAW_STATE_DIR: createTemporaryFolder() }, args);
    expect(result.code).toBe(code);
    expect(JSON.parse(result.out)).toEqual({
      ok: false,
      error: {
        type: "cli_error",
        message: expect.stringContaining(message) as string,
        param: null,
        code: null,
      },
    });
    expect(result.err).toContain(message);
  });

  test("an invalid configuration too, with exit code 78", async () => {
    const folder = createTemporaryFolder();
    writeFileSync(join(folder, "openclaw.json"), "{ gatewya: {} }");
    const { code, out } = await run({ OPENCLAW_STATE_DIR: folder }, ["tools", "list", "--json"]);
    expect(code).toBe(78);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("gatewya") },
    });
  });
});

describe("options before the command", () => {
  const home = "/home/ada";
  test.each([
    [["--profile", "work", "status"], {}, { OPENCLAW_STATE_DIR: "/home/ada/.openclaw-work" }],
    [["--profile=work", "status"], {}, { OPENCLAW_STATE_DIR: "/home/ada/.openclaw-work" }],
    [
      ["--dev", "status"],
      {},
      { OPENCLAW_STATE_DIR: "/home/ada/.openclaw-dev", OPENCLAW_GATEWAY_PORT: "19001" },
    ],
    [["--no-color", "status"], {}, { NO_COLOR: "1" }],
    [["--log-level", "debug", "status"], {}, { OPENCLAW_LOG_LEVEL: "debug" }],
    [["status"], { OPENCLAW_PROFILE: "work" }, { OPENCLAW_STATE_DIR: "/home/ada/.openclaw-work" }],
    [["status"], { OPENCLAW_PROFILE: "work", OPENCLAW_STATE_DIR: "/data" }, {}],
    [["status"], { OPENCLAW_PROFILE: "default" }, {}],
    [["status"], {}, {}],
  ])("%j with %j", (args, env, expected) => {
    const options = readGlobalOptions(args, env, home);
    expect(options.error).toBeUndefined();
    expect(options.args).toEqual(["status"]);
    expect(
      Object.fromEntries(Object.entries(options.env).filter(([, value]) => value !== undefined)),
    ).toEqual(expected);
  });

  test("a profile replaces the folders of the environment", () => {
    const env = { OPENCLAW_STATE_DIR: "/data", OPENCLAW_CONFIG_PATH: "/data/a.json" };
    const options = readGlobalOptions(["--profile", "work"], env, home);
    expect(options.env).toEqual({
      OPENCLAW_STATE_DIR: "/home/ada/.openclaw-work",
      OPENCLAW_CONFIG_PATH: undefined,
    });
  });

  test.each([
    [["--profile="], "--profile: expected a name"],
    [["--profile", "../x"], 'got "../x"'],
    [["--log-level", "loud"], "--log-level: expected one of"],
  ])("%j is wrong usage", async (args, message) => {
    const { code, err } = await waitForExit(start({ HOME: createTemporaryFolder() }, [...args, "status"]));
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("the level of the log overrides the configuration, and a wrong one is an error", () => {
    expect(readLogLevel({ OPENCLAW_LOG_LEVEL: "debug" })).toBe("debug");
    expect(readLogLevel({})).toBeUndefined();
    expect(() => readLogLevel({ OPENCLAW_LOG_LEVEL: "loud" })).toThrow(
      "OPENCLAW_LOG_LEVEL: expected one of silent",
    );
  });

  test("a profile has a gateway of its own", async () => {
    const folder = createTemporaryFolder();
    mkdirSync(join(folder, ".openclaw-work"));
    const { code, err } = await waitForExit(start({ HOME: folder }, ["--profile", "work", "status"]));
    expect([code, err]).toEqual([1, expect.stringContaining(`${folder}/.openclaw-work has no gateway.json`)]);
  });

  test("only a command that runs the gateway is one", () => {
    expect([["gateway"], ["gateway", "--port", "1"], ["gateway", "run"]].map(startsGateway)).toEqual([
      true,
      true,
      true,
    ]);
    expect([["gateway", "status"], ["agent"], []].map(startsGateway)).toEqual([false, false, false]);
  });
});

test("gateway status says what runs, and exits 1 on demand when nothing does", async () => {
  const gateway = await startTestGateway();
  const env = {
    OPENCLAW_GATEWAY_URL: gateway.url,
    OPENCLAW_GATEWAY_TOKEN: token,
    HOME: createTemporaryFolder(),
  };
  const { code, out } = await run(env, ["gateway", "status", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    cli: { version: packageVersion },
    ok: true,
    config: { exists: false, valid: true, issues: [] },
    gateway: { url: gateway.url, auth: "OPENCLAW_GATEWAY_TOKEN" },
    rpc: { ok: true, version: packageVersion },
  });
  expect((await run(env, ["gateway", "status"])).out).toContain(`yes, version ${packageVersion}`);
  const wrong = { ...env, OPENCLAW_GATEWAY_TOKEN: "wrong" };
  expect(await run(wrong, ["gateway", "status", "--require-rpc"])).toMatchObject({ code: 1 });
  const folder = createTemporaryFolder();
  writeFileSync(join(folder, "openclaw.json"), "{ gatewya: {} }");
  const broken = await run({ OPENCLAW_STATE_DIR: folder, HOME: folder }, ["gateway", "status"]);
  expect(broken).toMatchObject({ code: 0, out: expect.stringContaining('did you mean "gateway"') as string });
});

test("gateway auth-token prints the secret only on demand", async () => {
  const env = { OPENCLAW_GATEWAY_URL: "http://127.0.0.1:9", OPENCLAW_GATEWAY_TOKEN: token };
  const where = await run(env, ["gateway", "auth-token"]);
  expect(where.out).toContain("OPENCLAW_GATEWAY_TOKEN");
  expect(where.out).not.toContain(token);
  expect(await run(env, ["gateway", "auth-token", "--show"])).toEqual({ code: 0, out: token, err: "" });
  expect(JSON.parse((await run(env, ["gateway", "auth-token", "--json"])).out)).not.toHaveProperty("token");
});
