/** The first five minutes: a gateway without a file, `openclaw init`, and what it writes. */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import json5 from "json5";
import { expect, test } from "vitest";
import { loadConfig } from "../../server/config/load.ts";
import { hasTerminal, run, startOnTerminal, type CommandResult } from "../support/clients/command-line.ts";
import { createChatBody, createTemporaryFolder, postChat } from "../support/gateway/gateway.ts";
import { spawnOpenclaw } from "../support/gateway/gateway-process.ts";

/** A home folder, and `openclaw` in it. */
function createUser(variables: NodeJS.ProcessEnv = {}) {
  const home = createTemporaryFolder();
  const env = { HOME: home, ...variables };
  const stateDir = join(home, ".openclaw");
  return {
    env,
    stateDir,
    file: join(stateDir, "openclaw.json"),
    run: (...args: readonly string[]): Promise<CommandResult> => run(env, args),
  };
}

test("without any file the built-in model answers on this machine, with a generated token", async () => {
  const { stateDir } = createUser();
  const env = { OPENCLAW_STATE_DIR: stateDir, OPENCLAW_CONFIG_PATH: "", OPENCLAW_GATEWAY_TOKEN: "" };
  const { output } = spawnOpenclaw(["gateway", "--port", "0"], env);
  await expect.poll(output).toContain("Try it:");
  const url = /^Gateway +(\S+)$/m.exec(output())?.[1] ?? "";
  expect(output()).toContain("which does not exist: the built-in configuration applies (openclaw init)");
  expect(output()).toMatch(/^Reachable +from this machine only$/m);
  expect(output()).toMatch(/^Endpoints +chat · responses · /m);
  expect(output()).not.toContain("Commands");
  const token = readFileSync(join(stateDir, "gateway-token"), "utf8").trim();
  const headers = { authorization: `Bearer ${token}` };
  const reply = await postChat(url, createChatBody("say it works"), { headers });
  expect(await reply.json()).toMatchObject({ choices: [{ message: { content: "it works" } }] });
  const invoke = await fetch(`${url}/tools/invoke`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ tool: "exec", args: { command: "id" } }),
  });
  expect(invoke.status).toBe(404);
});

test("without a file the gateway does not listen on the network", async () => {
  const { stateDir } = createUser();
  const { child, output } = spawnOpenclaw(["gateway", "--port", "0", "--bind", "lan"], {
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_CONFIG_PATH: "",
  });
  await expect.poll(() => child.exitCode).toBe(78);
  expect(output()).toContain("listens on this machine only");
});

test("a file that is named and missing is an error", async () => {
  const { run: runAsUser } = createUser({ OPENCLAW_CONFIG_PATH: "/nowhere/openclaw.json" });
  expect(await runAsUser("config", "check")).toMatchObject({ code: 78 });
});

test.each([
  [{}, "builtin/assistant"],
  [{ OPENAI_API_KEY: "sk-1" }, /^openai\//],
  [{ OPENAI_API_KEY: "sk-1", ANTHROPIC_API_KEY: "sk-2" }, /^anthropic\//],
  [{ GROQ_API_KEY: "gsk-1" }, /^groq\//],
])("with the variables %j the model is %s", async (variables, model) => {
  const { run: runAsUser, env, file, stateDir } = createUser(variables);
  const { code, out } = await runAsUser("init");
  expect(code).toBe(0);
  expect(out).toContain("curl -sS http://127.0.0.1:18789/v1/chat/completions");
  expect([statSync(file).mode & 0o777, statSync(join(stateDir, ".env")).mode & 0o777]).toEqual([
    0o600, 0o600,
  ]);
  expect(statSync(stateDir).mode & 0o777).toBe(0o700);
  const { config, warnings } = loadConfig({ env, home: env.HOME });
  expect(config.agents.defaults.model).toMatch(model);
  expect(config.gateway.http.endpoints).toMatchObject({
    chatCompletions: { enabled: true },
    responses: { enabled: true },
  });
  expect(config.tools.profile).toBe("minimal");
  expect(warnings).toEqual([]);
  // No secret of the environment is written to a file.
  const texts = [file, join(stateDir, ".env")].map((path) => readFileSync(path, "utf8"));
  expect(texts.join("")).not.toMatch(/sk-|gsk-/);
});

test("a provider or a model may be chosen, and an unknown provider is wrong usage", async () => {
  const { run: runAsUser, file } = createUser();
  expect(await runAsUser("init", "--provider", "antropic")).toMatchObject({
    code: 2,
    err: expect.stringContaining("Did you mean anthropic?") as string,
  });
  expect(await runAsUser("init", "--provider", "amazon-bedrock")).toMatchObject({ code: 2 });
  expect(existsSync(file)).toBe(false);
  const { code, out } = await runAsUser("init", "--model", "groq/some-model", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ ok: true, config: file, model: "groq/some-model" });
});

test("an existing file stays, and is copied before --force replaces it", async () => {
  const { run: runAsUser, file, stateDir } = createUser();
  mkdirSync(stateDir);
  writeFileSync(file, '{ meta: { lastTouchedVersion: "2026.9.6" } }');
  const refused = await runAsUser("init");
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("OpenClaw wrote it") as string });
  expect(json5.parse(refused.out)).toMatchObject({ agents: { defaults: { model: "builtin/assistant" } } });
  expect(readFileSync(file, "utf8")).toContain("lastTouchedVersion");
  const { code, out } = await runAsUser("init", "--force");
  expect([code, out]).toEqual([0, expect.stringContaining("Copied the old file")]);
  expect(readFileSync(file, "utf8")).not.toContain("lastTouchedVersion");
  const copy = readdirSync(stateDir).find((name) => name.startsWith("openclaw.json.")) ?? "";
  expect(readFileSync(join(stateDir, copy), "utf8")).toContain("lastTouchedVersion");
});

test.skipIf(!hasTerminal)(
  "on a terminal it asks, and the key goes to .env beside what is there",
  async () => {
    const { env, file, stateDir } = createUser();
    mkdirSync(stateDir);
    writeFileSync(join(stateDir, ".env"), "OTHER=1");
    const command = startOnTerminal(env, ["init"]);
    await expect.poll(command.out).toContain("Provider [builtin]: ");
    command.type("groq\r");
    await expect.poll(command.out).toContain("Model [groq/");
    command.type("\r");
    await expect.poll(command.out).toContain("GROQ_API_KEY (empty: later): ");
    command.type("gsk-typed\r");
    expect(await command.code).toBe(0);
    expect(readFileSync(join(stateDir, ".env"), "utf8")).toBe("OTHER=1\nGROQ_API_KEY=gsk-typed\n");
    expect(readdirSync(stateDir).filter((name) => name.startsWith(".env."))).toHaveLength(1);
    expect(readFileSync(file, "utf8")).toContain('model: "groq/');
  },
);
