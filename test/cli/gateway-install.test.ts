/** `openclaw gateway install`: the unit is valid, and its command starts the gateway of this shell. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { start } from "../support/clients/command-line.ts";
import { spawnService } from "../support/tools/systemd-unit.ts";

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function install(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Result> {
  const command = start(env, ["gateway", "install", ...args]);
  return { code: await command.code, out: command.out(), err: command.err() };
}

function createHome(): { readonly env: NodeJS.ProcessEnv; readonly unitPath: string } {
  const home = join(createTemporaryFolder(), `a "home" of 100 % $HOME`);
  mkdirSync(join(home, ".openclaw"), { recursive: true });
  writeFileSync(
    join(home, ".openclaw/openclaw.json"),
    "{ gateway: { http: { endpoints: { responses: { enabled: true } } } } }",
  );
  const env = { HOME: home, PATH: process.env["PATH"], XDG_CONFIG_HOME: undefined };
  return { env, unitPath: join(home, ".config/systemd/user/openclaw-gateway.service") };
}

test("the unit starts the gateway of this shell, and the commands to enable it are printed", async () => {
  const { env, unitPath } = createHome();
  const { code, out } = await install(env, "--port", "0");
  expect(code).toBe(0);
  expect(out).toContain(`Written: ${unitPath}`);
  expect(out).toContain("  systemctl --user enable --now openclaw-gateway.service");
  const unit = readFileSync(unitPath, "utf8");
  expect(unit).toContain("WantedBy=default.target");
  expect(unit).toContain("RestartPreventExitStatus=78");
  expect(unit).toContain("TimeoutStopSec=40");
  expect(unit).not.toMatch(/^(User|Group|Protect\w+|Private\w+|StateDirectory)=/m);

  const service = spawnService(unit);
  await expect.poll(service.output).toMatch(/^Gateway +http/m);
  expect(service.output()).toContain("responses");
  const url = /^Gateway +(\S+)$/m.exec(service.output())?.[1];
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await service.end()).toBe(0);
});

test.skipIf(spawnSync("systemd-analyze", ["--version"]).status !== 0)(
  "systemd accepts the unit",
  async () => {
    const { env, unitPath } = createHome();
    await install(env);
    const { status, stderr } = spawnSync("systemd-analyze", ["--user", "--man=no", "verify", unitPath], {
      encoding: "utf8",
      env: { ...process.env, XDG_RUNTIME_DIR: createTemporaryFolder() },
    });
    expect([status, stderr]).toEqual([0, ""]);
  },
);

test("a unit that differs is replaced with --force only, and --print writes nothing", async () => {
  const { env, unitPath } = createHome();
  const printed = await install(env, "--print");
  expect(printed).toMatchObject({ code: 0, out: expect.stringContaining("[Service]") });
  expect(await install(env)).toMatchObject({ code: 0, out: expect.stringContaining("Written") });
  expect(readFileSync(unitPath, "utf8").trim()).toBe(printed.out.trim());
  expect(await install(env)).toMatchObject({ code: 0, out: expect.stringContaining("Unchanged") });
  const differs = await install(env, "--port", "1", "--json");
  expect(differs).toMatchObject({ code: 1, err: expect.stringContaining("--force") });
  expect(JSON.parse(differs.out)).toMatchObject({ ok: false, error: { type: "cli_error" } });
  const forced = await install(env, "--port", "1", "--force", "--json");
  expect(JSON.parse(forced.out)).toMatchObject({ ok: true, path: unitPath });
  expect(readFileSync(unitPath, "utf8")).toContain('"OPENCLAW_GATEWAY_PORT=1"');
});
