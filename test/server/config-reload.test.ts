/** A gateway whose configuration file is edited while it runs. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { chatConfig, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess, type GatewayProcess } from "../support/gateway/gateway-process.ts";
import { callAsOperator, connectWithSecret, request } from "../support/gateway/keys.ts";

interface ConfigStatus {
  readonly applied: boolean;
  readonly lastGoodCopyAt?: string;
  readonly restartRequired: readonly string[];
  readonly problems?: readonly { readonly path: string; readonly message: string }[];
}

async function readStatus(gateway: GatewayProcess, secret?: string): Promise<ConfigStatus> {
  const response = await request(gateway, "/readyz", secret === undefined ? {} : { secret });
  const { config } = (await response.json()) as { readonly config: ConfigStatus };
  return config;
}

async function listAgents(gateway: GatewayProcess): Promise<unknown> {
  return (await callAsOperator(gateway, "status"))["agents"];
}

const withAgents = (...ids: readonly string[]): string =>
  JSON.stringify({ ...chatConfig, agents: { list: ids.map((id) => ({ id })) } });

const countLines = ({ output }: GatewayProcess, text: string): number => output().split(text).length - 1;

/** As editors do: a reload on a signal never reads half of it. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

test("an edit is applied, a broken one keeps what runs, and each problem is logged once", async () => {
  const gateway = await startGatewayProcess();
  replaceFile(gateway.configPath, withAgents("coder"));
  await expect.poll(() => listAgents(gateway)).toEqual(["coder"]);

  replaceFile(gateway.configPath, '{ agents: { lsit: [] }, gateway: { port: "x" } }');
  await expect
    .poll(() => readStatus(gateway))
    .toEqual({
      applied: false,
      restartRequired: [],
      problems: [
        { path: "gateway.port", message: "expected number, got string" },
        { path: "agents.lsit", message: 'unknown key (did you mean "list"?)' },
      ],
    });
  expect(await listAgents(gateway)).toEqual(["coder"]);
  expect(await (await fetch(`${gateway.url}/readyz`)).json()).toEqual({ ready: true });
  replaceFile(gateway.configPath, '{ agents: { lsit: [] }, gateway: { port: "y" } }');
  replaceFile(gateway.configPath, "{ // half");
  await expect.poll(async () => (await readStatus(gateway)).problems?.[0]?.path).toBe("");

  replaceFile(gateway.configPath, withAgents("coder", "writer"));
  await expect.poll(() => listAgents(gateway)).toEqual(["coder", "writer"]);
  expect(await readStatus(gateway)).toEqual({ applied: true, restartRequired: [], problems: [] });
  expect(await gateway.end("SIGTERM")).toBe(0);
  expect(countLines(gateway, "configuration not applied")).toBe(3);
});

test("SIGHUP says whether the file is applied, also when nothing has changed", async () => {
  const gateway = await startGatewayProcess();
  const count = (message: string): number => countLines(gateway, message);
  replaceFile(gateway.configPath, "{ gatway: {} }");
  await expect.poll(() => count("configuration not applied")).toBe(1);
  gateway.child.kill("SIGHUP");
  await expect.poll(() => count("configuration not applied")).toBe(2);

  replaceFile(gateway.configPath, withAgents("coder"));
  await expect.poll(() => count("configuration applied")).toBe(1);
  gateway.child.kill("SIGHUP");
  await expect.poll(() => count("configuration applied")).toBe(2);
  expect(gateway.output()).toContain('"settings":0,"changed":""');
});

test("files that are replaced, removed, created and included are noticed", async () => {
  const gateway = await startGatewayProcess();
  const beside = (name: string): string => join(gateway.configPath, "..", name);
  writeFileSync(beside("new.json"), withAgents("renamed"));
  renameSync(beside("new.json"), gateway.configPath);
  await expect.poll(() => listAgents(gateway)).toEqual(["renamed"]);

  rmSync(gateway.configPath);
  await expect.poll(async () => (await readStatus(gateway)).applied).toBe(false);
  writeFileSync(gateway.configPath, '{ $include: "base.json5" }');
  await expect
    .poll(async () => (await readStatus(gateway)).problems)
    .toEqual([{ path: "$include", message: '"base.json5" cannot be read: no such file' }]);
  writeFileSync(beside("base.json5"), withAgents("included"));
  await expect.poll(() => listAgents(gateway)).toEqual(["included"]);
  writeFileSync(beside("base.json5"), withAgents("edited"));
  await expect.poll(() => listAgents(gateway)).toEqual(["edited"]);
});

test("a setting of the listener is named until it has its old value again", async () => {
  const gateway = await startGatewayProcess({ config: { ...chatConfig, gateway: { port: 4000 } } });
  const edit = (settings: ConfigInput["gateway"]): void =>
    writeFileSync(gateway.configPath, JSON.stringify({ gateway: { port: 4000, ...settings } }));
  edit({ port: 4001, limits: { maxHeaderBytes: 8_192, maxWaitMs: 1_000 } });
  await expect
    .poll(async () => (await readStatus(gateway)).restartRequired)
    .toEqual(["gateway.limits.maxHeaderBytes", "gateway.port"]);
  edit({});
  await expect.poll(async () => (await readStatus(gateway)).restartRequired).toEqual([]);
  expect(gateway.output()).toContain("settings need a restart");
});

test("with gateway.reload.mode off only SIGHUP applies an edit", async () => {
  const off = { ...chatConfig.gateway, reload: { mode: "off" } } satisfies ConfigInput["gateway"];
  const gateway = await startGatewayProcess({ config: { gateway: off } });
  const edited = JSON.stringify({ gateway: off, agents: { list: [{ id: "coder" }] } });
  writeFileSync(gateway.configPath, edited);
  await expect.poll(async () => (await readStatus(gateway)).restartRequired).toEqual(["agents.list"]);
  expect(await listAgents(gateway)).toEqual(["main"]);
  gateway.child.kill("SIGHUP");
  await expect.poll(() => listAgents(gateway)).toEqual(["coder"]);
  expect(await readStatus(gateway)).toMatchObject({ restartRequired: [] });
});

test("a secret that is replaced in the file is rejected, and its sockets are closed", async () => {
  const withToken = (text: string): ConfigInput => ({ ...chatConfig, gateway: { auth: { token: text } } });
  const other = "other-token-0123456789abcdef";
  const gateway = await startGatewayProcess({ config: withToken(token) });
  const socket = await connectWithSecret(gateway, token);
  writeFileSync(gateway.configPath, JSON.stringify(withToken(other)));
  expect((await socket.closed).code).toBe(1008);
  expect((await request(gateway, "/sessions")).status).toBe(401);
  expect(await readStatus(gateway, other)).toMatchObject({ applied: true, restartRequired: [] });
});
