import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import {
  hasTerminal,
  waitForExit,
  run,
  start,
  startOnTerminal,
  type CommandProcess,
  type CommandResult,
} from "../support/clients/command-line.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { chatConfig, createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import {
  completionChunk,
  sseFrames,
  startScriptedProvider,
  stall,
  sseResponse,
} from "../support/providers/scripted-provider.ts";

const timeout = 60_000;

const envOf = ({ url }: GatewayProcess): NodeJS.ProcessEnv => ({
  OPENCLAW_GATEWAY_URL: url,
  OPENCLAW_GATEWAY_TOKEN: token,
});

const startAgent = (gateway: GatewayProcess, ...args: readonly string[]): CommandProcess =>
  start(envOf(gateway), ["agent", ...args]);

const runAgent = (gateway: GatewayProcess, ...args: readonly string[]): Promise<CommandResult> =>
  waitForExit(startAgent(gateway, ...args));

/** A gateway whose one agent asks the scripted provider. */
async function startWithProvider(more: ConfigInput = {}) {
  const provider = await startScriptedProvider();
  const gateway = await startGatewayProcess({
    config: {
      ...chatConfig,
      agents: { defaults: { model: "p/m" } },
      models: { providers: { p: { baseUrl: provider.baseUrl } } },
      ...more,
    },
  });
  return { provider, gateway };
}

test("the reply is streamed to stdout, and nothing else", { timeout }, async () => {
  const { provider, gateway } = await startWithProvider();
  const going = Promise.withResolvers<void>();
  const words = [completionChunk({ content: "one " }), completionChunk({ content: "two" }, "stop")];
  const [first = "", ...rest] = sseFrames(...words).split(/(?<=\n\n)/);
  provider.script(sseResponse(first, { until: going.promise }, ...rest));
  const command = startAgent(gateway, "count");
  await expect.poll(command.out).toBe("one ");
  going.resolve();
  expect(await waitForExit(command)).toEqual({ code: 0, out: "one two\n", err: "" });
});

test("a message from stdin continues the conversation of the key", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  expect(await runAgent(gateway, "-m", "my name is Ada", "--session-key", "who")).toMatchObject({ code: 0 });
  const command = start(envOf(gateway), ["agent", "-m", "-", "--session-key", "who"], "what is my name?\n");
  expect(await waitForExit(command)).toEqual({ code: 0, out: "Your name is Ada.\n", err: "" });
  const other = await runAgent(gateway, "what is my name?");
  expect(other.out).not.toContain("Ada");
});

test("a text begins a new conversation each time, and -c continues the last one", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  expect(await runAgent(gateway, "-c", "what is my name?")).toMatchObject({
    code: 1,
    err: expect.stringContaining("There is no conversation to continue") as string,
  });
  await runAgent(gateway, "my name is Ada");
  const { out } = await runAgent(gateway, "what is my name?", "--json");
  expect(out).not.toContain("Ada");
  expect(JSON.parse(out)).toMatchObject({
    result: {
      meta: { agentMeta: { sessionKey: expect.stringMatching(/^agent:main:cli:\d{4}-/) as string } },
    },
  });
  await runAgent(gateway, "my name is Bob");
  expect(await runAgent(gateway, "-c", "what is my name?")).toEqual({
    code: 0,
    out: "Your name is Bob.\n",
    err: "",
  });
});

test("-m continues the session main, and one line says so", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const first = await runAgent(gateway, "-m", "my name is Ada");
  expect(first.err.trim().split("\n")).toEqual([expect.stringContaining("-m continues the session main")]);
  expect((await runAgent(gateway, "-m", "what is my name?")).out).toBe("Your name is Ada.\n");
});

test("what is piped in is the message, or follows the text", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const alone = start(envOf(gateway), ["agent"], "say piped\n");
  expect(await waitForExit(alone)).toEqual({ code: 0, out: "piped\n", err: "" });
  const command = `printf 'one\\ntwo\\n' | '${process.execPath}' cli/main.ts agent 'say this:'`;
  const env = { ...process.env, ...envOf(gateway) };
  const joined = await promisify(execFile)("sh", ["-c", command], { cwd: packageRoot, env });
  expect(joined).toEqual({ stdout: "this:\n\none\ntwo\n", stderr: "" });
});

test("a program that leaves stdin open gets its reply", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const env = { ...process.env, ...envOf(gateway) };
  const args = ["cli/main.ts", "agent", "say at once"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: packageRoot, env });
  expect(stdout).toBe("at once\n");
});

test("files are sent along, and a message is read from a file", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const folder = createTemporaryFolder();
  const notes = join(folder, "notes.txt");
  const pixel = join(folder, "pixel.png");
  writeFileSync(notes, "The code word is heron.\n");
  writeFileSync(
    pixel,
    Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    ),
  );
  const files = ["--attach", notes, "--attach", pixel];
  const result = await runAgent(gateway, "look", "--session-key", "files", ...files);
  expect(result).toMatchObject({ code: 0, out: expect.stringContaining("1 image") as string });
  const { out } = await waitForExit(start(envOf(gateway), ["sessions", "show", "files"]));
  expect(out).toContain("The code word is heron.");
  expect(out).toContain("[image/png, ");
  expect(await runAgent(gateway, "look", "--attach", join(folder, "none.png"))).toMatchObject({
    code: 1,
    err: expect.stringContaining("none.png cannot be attached") as string,
  });
  const message = join(folder, "message.txt");
  writeFileSync(message, "say from a file\n");
  expect((await runAgent(gateway, "--message-file", message)).out).toBe("from a file\n");
});

test("--json prints one object for a reply and for a failure", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const well = await runAgent(gateway, "-m", "say hello", "--json");
  expect(JSON.parse(well.out)).toMatchObject({
    status: "ok",
    result: { payloads: [{ text: "hello" }], meta: { agentMeta: { sessionKey: "agent:main:main" } } },
  });
  const failure = await runAgent(gateway, "-m", "/error 429 7", "--json");
  expect(failure.code).toBe(1);
  expect(JSON.parse(failure.out)).toMatchObject({
    ok: false,
    error: { code: "rate_limit_exceeded" },
    runId: expect.any(String) as string,
  });
});

test("--verbose prints tool calls on stderr", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const { code, out, err } = await runAgent(gateway, "--verbose", "/tool session_status {}\ndone");
  expect(code).toBe(0);
  expect(out).toContain("done");
  expect(err.split("\n")[0]).toBe("[session_status] {}");
  expect(err.split("\n")[1]).toMatch(/^\[session_status\] ./);
  expect(err).not.toContain("\u001b");
  expect((await runAgent(gateway, "/tool session_status {}\ndone")).err).toBe("");
});

test(
  "Ctrl-C aborts the run: the provider's connection is closed, what was said is kept, exit 130",
  { timeout },
  async () => {
    const { provider, gateway } = await startWithProvider();
    provider.script(
      sseResponse(`data: ${JSON.stringify(completionChunk({ content: "half an answer" }))}\n\n`, stall),
    );
    const command = startAgent(gateway, "-m", "count", "--session-key", "cut");
    await expect.poll(command.out).toBe("half an answer");
    command.child.kill("SIGINT");
    await provider.requests()[0]?.closed;
    expect(await waitForExit(command)).toEqual({
      code: 130,
      out: "half an answer\n",
      err: "Aborting the run. Press Ctrl-C again to exit at once.\n",
    });
    const showResult = await waitForExit(start(envOf(gateway), ["sessions", "show", "cut"]));
    expect(showResult.out).toContain("assistant: half an answer\n[cut: aborted]");
  },
);

test("with --json a Ctrl-C gives one object too", { timeout }, async () => {
  const { provider, gateway } = await startWithProvider();
  provider.script(sseResponse(`data: ${JSON.stringify(completionChunk({ content: "half" }))}\n\n`, stall));
  const command = startAgent(gateway, "--json", "-m", "count");
  await expect.poll(() => provider.requests().length).toBe(1);
  command.child.kill("SIGINT");
  await provider.requests()[0]?.closed;
  const { code, out } = await waitForExit(command);
  expect(code).toBe(130);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    error: { code: "run_aborted" },
    runId: expect.any(String) as string,
  });
});

test("a second Ctrl-C exits at once, whatever the gateway does", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const command = startAgent(gateway, "-m", "/stall after 1 waiting");
  await expect.poll(command.out).toContain("waiting");
  gateway.child.kill("SIGSTOP");
  command.child.kill("SIGINT");
  await expect.poll(command.err).toContain("Press Ctrl-C again to exit at once");
  command.child.kill("SIGINT");
  expect(await command.code).toBe(130);
  gateway.child.kill("SIGCONT");
});

test("a gateway that stops during a run is a failure that names the run", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const command = startAgent(gateway, "-m", "/stall after 1 waiting");
  await expect.poll(command.out).toContain("waiting");
  await gateway.end("SIGKILL");
  await startGatewayProcess({ stateDir: gateway.stateDir, port: new URL(gateway.url).port });
  const { code, err } = await waitForExit(command);
  expect(code).toBe(1);
  expect(err).toMatch(/The gateway stopped during this run/);
});

test("a busy session exits 75", { timeout }, async () => {
  const gateway = await startGatewayProcess({
    config: { gateway: { ...chatConfig.gateway, limits: { maxWaitingPerSession: 0 } } },
  });
  const command = startAgent(gateway, "-m", "/stall after 1 waiting");
  await expect.poll(command.out).toContain("waiting");
  expect(await runAgent(gateway, "-m", "hello")).toMatchObject({ code: 75, out: "" });
});

test("a wrong credential exits 77 and names its source", { timeout }, async () => {
  const gateway = await startGatewayProcess();
  const command = start({ ...envOf(gateway), OPENCLAW_GATEWAY_TOKEN: "wrong" }, ["agent", "-m", "hi"]);
  const { code, err } = await waitForExit(command);
  expect(code).toBe(77);
  expect(err).toContain(
    `The gateway at ${gateway.url} rejects the credential (from OPENCLAW_GATEWAY_TOKEN).`,
  );
});

test("without a gateway the command fails and says how to start one", { timeout }, async () => {
  const none = await waitForExit(
    start({ OPENCLAW_STATE_DIR: createTemporaryFolder() }, ["agent", "-m", "hi"]),
  );
  expect(none).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("Start one with `openclaw gateway`") as string,
  });
  const asJson = ["agent", "-m", "hi", "--json"];
  const { code, out } = await waitForExit(start({ OPENCLAW_STATE_DIR: createTemporaryFolder() }, asJson));
  expect([code, JSON.parse(out)]).toEqual([
    1,
    { ok: false, error: expect.objectContaining({ message: expect.stringContaining("No gateway runs") }) },
  ]);
  const gone = await waitForExit(
    start({ OPENCLAW_GATEWAY_URL: "http://127.0.0.1:9" }, ["agent", "-m", "hi"]),
  );
  expect(gone).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("Nothing responds at http://127.0.0.1:9") as string,
  });
});

test(
  "the gateway of this machine is found with its credential, by its state folder",
  { timeout },
  async () => {
    const gateway = await startGatewayProcess({ env: { OPENCLAW_GATEWAY_TOKEN: undefined } });
    const command = start({ OPENCLAW_STATE_DIR: gateway.stateDir }, ["agent", "say hello"]);
    expect(await waitForExit(command)).toEqual({ code: 0, out: "hello\n", err: "" });
  },
);

test.each([
  [["agent"], "the message is missing"],
  [["agent", " "], "the message is empty"],
  [["agent", "-m", " "], "the message is empty"],
  [["agent", "hi", "-m", "hi"], "give the message once"],
  [["agent", "hi", "-c", "--session-key", "trip"], "-c cannot be combined"],
  [["agent", "-m", "hi", "--timeout", "0"], '--timeout "0": expected a number from 1 to 2147483'],
  [["agent", "-m", "hi", "--thinking", "hard"], "expected off, minimal, low, medium, high, xhigh or max"],
  [["agent", "hi", "extra"], 'unexpected argument "extra"'],
])("wrong usage %j exits 2", async (args, why) => {
  expect(await run({}, args)).toMatchObject({ code: 2, err: expect.stringContaining(why) as string });
});

test.skipIf(!hasTerminal)(
  "on a terminal tool calls are dimmed, unless NO_COLOR is set (needs script of util-linux)",
  { timeout },
  async () => {
    const gateway = await startGatewayProcess();
    const args = ["agent", "--verbose", "-m", "/tool session_status {}"];
    const onTerminal = async (env: NodeJS.ProcessEnv): Promise<string> =>
      (await waitForExit(startOnTerminal({ ...envOf(gateway), ...env }, args))).out;
    expect(await onTerminal({})).toContain("\u001b[2m[session_status] {}");
    expect(await onTerminal({ NO_COLOR: "1" })).not.toContain("\u001b");
  },
);
