import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { readResidentMegabytes } from "../../bench/measure.ts";
import { readRunFile } from "../../cli/run-file.ts";
import { formatBanner } from "../../cli/banner.ts";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { packageRoot } from "../../server/lib/package.ts";
import {
  createChatBody,
  chatConfig,
  postChat,
  createTemporaryFolder,
  token,
} from "../support/gateway/gateway.ts";
import { spawnOpenclaw, startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { createConfigFile } from "../support/gateway/config-folder.ts";

const noSecret = { OPENCLAW_GATEWAY_TOKEN: undefined, OPENCLAW_GATEWAY_PASSWORD: undefined };
const hasCurl =
  spawnSync("curl", ["--version"]).status === 0 && spawnSync("bash", ["--version"]).status === 0;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** `openclaw gateway` as far as it gets: for starts that fail. */
async function startFailingGateway(
  args: readonly string[],
  config: unknown,
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const folder = createTemporaryFolder();
  const configPath = join(folder, "openclaw.json");
  writeFileSync(configPath, JSON.stringify(config));
  const { child, output } = spawnOpenclaw(["gateway", ...args], {
    OPENCLAW_CONFIG_PATH: configPath,
    OPENCLAW_STATE_DIR: join(folder, "state"),
    OPENCLAW_GATEWAY_PORT: "0",
    ...noSecret,
    ...env,
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

/** The line to paste, from what a gateway has printed. */
const findCurlLine = (output: string): string => /^curl .*$/m.exec(output)?.[0] ?? "";

async function runCurl(
  line: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ choices: { message: { content: string } }[] }> {
  const { stdout } = await promisify(execFile)("bash", ["-c", line], { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as { choices: { message: { content: string } }[] };
}

test("the banner has the URL, the secret's source, the reachability and the endpoints", async () => {
  const gateway = await startGatewayProcess({
    config: { ...chatConfig, hooks: { enabled: true, token: "a-token-of-the-hooks-alone" } },
  });
  await expect.poll(() => gateway.output()).toContain("curl");
  const output = gateway.output();
  expect(output).toMatch(/^Gateway +http:\/\/127\.0\.0\.1:\d+$/m);
  expect(output).toMatch(/^Config +\S+openclaw\.json$/m);
  expect(output).toMatch(/^Credential +the token in the environment$/m);
  expect(output).toMatch(/^Reachable +from this machine only$/m);
  expect(output).toMatch(/^Endpoints +chat · tools · sessions · hooks · docs$/m);
  expect(output).not.toContain("Warning");
  expect(output).not.toContain(token);
});

test.skipIf(!hasCurl)("the curl line can be pasted: with a generated token", async () => {
  const gateway = await startGatewayProcess({ env: noSecret });
  await expect.poll(() => gateway.output()).toContain("curl");
  expect(gateway.output()).toMatch(/^Credential +the token in .*gateway-token$/m);
  expect((await runCurl(findCurlLine(gateway.output()))).choices[0]?.message.content).toContain("Hello");
});

test.skipIf(!hasCurl)(
  "the curl line can be pasted: with a token or password of the environment",
  async () => {
    const byToken = await startGatewayProcess();
    const password = { ...noSecret, OPENCLAW_GATEWAY_PASSWORD: "a pass$word 'quoted'" };
    const byPassword = await startGatewayProcess({ env: password });
    await expect.poll(() => byToken.output() + byPassword.output()).toMatch(/curl[^]*curl/);
    expect(
      (await runCurl(findCurlLine(byToken.output()), { OPENCLAW_GATEWAY_TOKEN: token })).choices,
    ).toHaveLength(1);
    expect((await runCurl(findCurlLine(byPassword.output()), password)).choices).toHaveLength(1);
  },
);

test.skipIf(!hasCurl)(
  "the curl line can be pasted: with a blank and quotes in the state folder's name",
  async () => {
    const stateDir = join(createTemporaryFolder(), `it's a "state" folder $HOME`);
    const gateway = await startGatewayProcess({ stateDir, env: noSecret });
    await expect.poll(() => gateway.output()).toContain("curl");
    expect((await runCurl(findCurlLine(gateway.output()))).choices).toHaveLength(1);
  },
);

test("with chat off the banner says how to enable it", async () => {
  const gateway = await startGatewayProcess({ config: {} });
  await expect.poll(() => gateway.output()).toContain("gateway.http.endpoints.chatCompletions.enabled");
  expect(gateway.output()).not.toContain("curl");
});

test("the source of a configured secret is printed, not the secret", () => {
  const loaded = createConfigFile({ gateway: { auth: { token }, http: chatConfig.gateway?.http } }).load();
  const secret = {
    mode: "token",
    kind: "token",
    text: token,
    source: "the configuration",
    weakness: undefined,
  } as const;
  const text = formatBanner({ url: "http://127.0.0.1:1", workers: 1, loaded, secret, isLoopback: true }).join(
    "\n",
  );
  expect(text).toContain("the token in the configuration");
  expect(text).toContain("with the token of the configuration in $OPENCLAW_GATEWAY_TOKEN:\ncurl");
  expect(text).toContain("Bearer ${OPENCLAW_GATEWAY_TOKEN:?set it to the token of the configuration}");
  expect(text).not.toContain(token);
});

test.each([
  [["--prot", "1"], "--prot"],
  [["--port", "70000"], "expected a number from 0 to 65535"],
  [["--port", "eighty"], "expected a number from 0 to 65535"],
  [["--bind", "wan"], "expected loopback, lan, auto or tailnet"],
  [["extra"], "extra"],
])("wrong usage %j exits 2 and shows the correct usage", async (args, why) => {
  const { code, output } = await startFailingGateway(args, {});
  expect(code).toBe(2);
  expect(output).toContain(why);
  expect(output).toContain("openclaw gateway --help");
});

test("three configuration errors are reported at once and exit 78", async () => {
  const { code, output } = await startFailingGateway([], {
    gateway: { prot: 1, bind: "everywhere" },
    agents: { defaults: { model: "nobody/home" } },
  });
  expect(code).toBe(78);
  expect(output).toContain('gateway.prot: unknown key (did you mean "port"?)');
  expect(output).toContain("gateway.bind: expected one of");
  expect(output).toContain("agents.defaults.model");
  expect(output).not.toContain("    at ");
});

test("several workers with SQLite are an invalid configuration, and `auto` is one process", async () => {
  const { code, output } = await startFailingGateway([], { gateway: { workers: 2 } });
  expect(code).toBe(78);
  expect(output).toContain(
    "gateway.workers: must be 1: only one process can use the SQLite file of the sessions. For more, set session.store to a PostgreSQL database",
  );
  const gateway = await startGatewayProcess({ config: { gateway: { workers: "auto" } } });
  expect(gateway.output()).toContain('Warning: gateway.workers: "auto" is one process here');
  expect(await gateway.end("SIGTERM")).toBe(0);
});

test("a token of hooks that is the gateway's own is an invalid configuration", async () => {
  const config = { gateway: { auth: { token } }, hooks: { enabled: true, token } };
  const { code, output } = await startFailingGateway([], config);
  expect(code).toBe(78);
  expect(output).toContain("hooks.token: is the gateway's own secret");
  expect(output).not.toContain("could not start");
});

test("a taken port is an error that names the process", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { code, output } = await startFailingGateway(["--port", String(port)], {});
  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} is taken by another program`);
  if (process.platform === "linux") expect(output).toContain(`pid ${process.pid}`);
  expect(output).toContain("--port");
});

test("a port taken by another gateway is an error that says so", async () => {
  const gateway = await startGatewayProcess();
  const { port } = new URL(gateway.url);
  const { code, output } = await startFailingGateway(["--port", port], {});
  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} is taken by another gateway`);
  if (process.platform === "linux") expect(output).toContain(`pid ${gateway.child.pid}`);
});

test("a state folder in use is an error that names the gateway", async () => {
  const gateway = await startGatewayProcess();
  const { code, output } = await startFailingGateway([], {}, { OPENCLAW_STATE_DIR: gateway.stateDir });
  expect(code).toBe(1);
  expect(output).toContain(
    `${gateway.stateDir} is in use by the gateway at ${gateway.url} (pid ${gateway.child.pid})`,
  );
  expect(output).toContain("OPENCLAW_STATE_DIR");
  expect((await postChat(gateway.url, createChatBody("hello"))).status).toBe(200);
  expect(existsSync(join(gateway.stateDir, "gateway.json"))).toBe(true);
});

const weak: readonly (readonly [string, ConfigInput, NodeJS.ProcessEnv])[] = [
  ["a short token", { gateway: { auth: { token: "short" } } }, {}],
  ["a placeholder", {}, { OPENCLAW_GATEWAY_TOKEN: "your-token-goes-here-please-replace" }],
  ["a short password", {}, { OPENCLAW_GATEWAY_PASSWORD: "12345" }],
  ["no credential", { gateway: { auth: { mode: "none" } } }, {}],
];

test.each(weak)("with %s it does not listen beyond this machine", async (_, config, env) => {
  const { code, output } = await startFailingGateway(["--bind", "lan"], config, env);
  expect(code).toBe(78);
  expect(output).toContain("Refusing to listen on 0.0.0.0");
  expect(output).toMatch(/gateway\.auth\.(token|password|mode)/);
  const custom = { gateway: { ...config.gateway, bind: "custom", customBindHost: "0.0.0.0" } };
  expect((await startFailingGateway([], custom, env)).code).toBe(78);
});

test("with a weak secret it listens on loopback, with a warning", async () => {
  const gateway = await startGatewayProcess({ env: { OPENCLAW_GATEWAY_TOKEN: "short" } });
  await expect.poll(() => gateway.output()).toMatch(/^Warning +the token is shorter than 24 characters/m);
  const headers = { authorization: "Bearer short" };
  expect((await postChat(gateway.url, createChatBody("hello"), { headers })).status).toBe(200);
});

test("gateway.json has the URL, is readable by its owner only, and is removed on stop", async () => {
  const gateway = await startGatewayProcess({ env: noSecret });
  const file = join(gateway.stateDir, "gateway.json");
  await expect.poll(() => existsSync(file)).toBe(true);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    url: gateway.url,
    pid: gateway.child.pid,
    tokenPath: join(gateway.stateDir, "gateway-token"),
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await gateway.end("SIGTERM")).toBe(0);
  expect(existsSync(file)).toBe(false);
});

test("the gateway.json of a killed gateway is ignored", async () => {
  const gateway = await startGatewayProcess({ env: noSecret });
  await expect.poll(() => readRunFile(gateway.stateDir)).toMatchObject({ url: gateway.url });
  await gateway.end("SIGKILL");
  expect(existsSync(join(gateway.stateDir, "gateway.json"))).toBe(true);
  expect(readRunFile(gateway.stateDir)).toBeUndefined();
});

test("Ctrl-C lets a stream finish; the process then exits 0", async () => {
  const gateway = await startGatewayProcess();
  const response = await postChat(
    gateway.url,
    createChatBody("/slow 150ms one two three four", { stream: true }),
  );
  const reader = response.body?.getReader();
  await reader?.read();
  const ended = gateway.end("SIGINT");
  let text = "";
  for (let part = await reader?.read(); part?.value; part = await reader?.read())
    text += Buffer.from(part.value).toString();
  expect(text).toContain("data: [DONE]");
  expect(await ended).toBe(0);
  expect(gateway.output()).toContain("SIGINT: waiting for running requests");
});

test("a second Ctrl-C exits at once", async () => {
  const gateway = await startGatewayProcess();
  const response = await postChat(
    gateway.url,
    createChatBody("/stall after 3 one two three", { stream: true }),
  );
  await response.body?.getReader().read();
  const ended = gateway.end("SIGINT");
  await expect.poll(() => gateway.output()).toContain("SIGINT");
  expect(await gateway.end("SIGINT")).toBe(130);
  expect(await ended).toBe(130);
});

test.skipIf(!hasCurl)("the curl line names the variable that the shell lacks", async () => {
  const config = { gateway: { ...chatConfig.gateway, auth: { mode: "token" as const, token } } };
  const gateway = await startGatewayProcess({ config, env: noSecret });
  await expect.poll(() => gateway.output()).toContain("curl");
  const line = findCurlLine(gateway.output());
  expect(line).not.toContain(token);
  const { status, stderr } = spawnSync("bash", ["-c", line], {
    encoding: "utf8",
    env: { ...process.env, OPENCLAW_GATEWAY_TOKEN: "" },
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain("set it to the token of the configuration");
  const { choices } = await runCurl(line, { OPENCLAW_GATEWAY_TOKEN: token });
  expect(choices[0]?.message.content).toContain("Hello");
});

test("a state folder that cannot be written is an error with its path", async () => {
  const folder = createTemporaryFolder();
  const state = join(folder, "state");
  writeFileSync(state, "a file");
  const { code, output } = await startFailingGateway(["--token", token], chatConfig, {
    OPENCLAW_STATE_DIR: state,
  });
  expect(code).toBe(1);
  expect(output).toContain(state);
});

test("a Node that is too old gets the required version", () => {
  const old = `Object.defineProperty(process.versions, "node", { value: "24.14.0" }); await import(${JSON.stringify(join(packageRoot, "cli/main.ts"))});`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", old], {
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toBe("openclaw needs Node 24.14.1 or newer; this is 24.14.0.\n");
});

test("the gateway continues when the reader of its output exits", async () => {
  const gateway = await startGatewayProcess();
  gateway.child.stdout?.destroy();
  gateway.child.stderr?.destroy();
  for (let i = 0; i < 3; i++) expect((await postChat(gateway.url, createChatBody("hello"))).status).toBe(200);
  expect(await gateway.end("SIGTERM")).toBe(0);
});

test("a gateway that cannot write gateway.json warns and serves", async () => {
  const stateDir = createTemporaryFolder();
  mkdirSync(join(stateDir, "gateway.json"));
  const gateway = await startGatewayProcess({ stateDir });
  await expect.poll(gateway.output).toContain("gateway.json cannot be written");
  expect((await postChat(gateway.url, createChatBody("hello"))).status).toBe(200);
  expect(await gateway.end("SIGTERM")).toBe(0);
});

test("a token on the command line overrides the configured mode", async () => {
  const folder = createTemporaryFolder();
  const file = join(folder, "openclaw.json");
  writeFileSync(
    file,
    JSON.stringify({ ...chatConfig, gateway: { ...chatConfig.gateway, auth: { mode: "none" } } }),
  );
  const env = { OPENCLAW_CONFIG_PATH: file, OPENCLAW_STATE_DIR: folder };
  const { output } = spawnOpenclaw(["gateway", "--port", "0", "--token", token], env);
  await expect.poll(output).toMatch(/Credential +the token in the command line/);
});

test.skipIf(!existsSync("/proc/self/status"))("an idle gateway frees the memory of its start", async () => {
  const { child, url } = await startGatewayProcess();
  await postChat(url, createChatBody("hello"));
  const afterStart = readResidentMegabytes(child.pid ?? 0);
  await expect
    .poll(() => readResidentMegabytes(child.pid ?? 0), { interval: 500 })
    .toBeLessThan(afterStart - 10);
});
