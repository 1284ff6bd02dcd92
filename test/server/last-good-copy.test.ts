/** The start of a gateway whose configuration file is broken. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { chatConfig, createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import {
  spawnOpenclaw,
  startGatewayProcess,
  type GatewayProcess,
} from "../support/gateway/gateway-process.ts";
import { request } from "../support/gateway/keys.ts";

const config: ConfigInput = {
  gateway: { ...chatConfig.gateway, auth: { mode: "token", token: "${ROTATED}" } },
};

/** A gateway that has run with the configuration and is stopped. */
async function createInstallation(): Promise<
  Pick<GatewayProcess, "configPath" | "stateDir"> & { copyPath: string }
> {
  const stateDir = createTemporaryFolder();
  const { end, configPath } = await startGatewayProcess({ stateDir, config, env: { ROTATED: token } });
  await end("SIGTERM");
  return { stateDir, configPath, copyPath: join(stateDir, "openclaw.last-good.json") };
}

/** Resolves to the exit code and the output. */
async function runGateway(
  { configPath, stateDir }: Pick<GatewayProcess, "configPath" | "stateDir">,
  args: readonly string[] = [],
  secret = token,
): Promise<readonly [number | null, string]> {
  const env = { OPENCLAW_CONFIG_PATH: configPath, OPENCLAW_STATE_DIR: stateDir, ROTATED: secret };
  const { child, output } = spawnOpenclaw(["gateway", "--port", "0", ...args], env);
  const [code] = (await once(child, "close")) as [number | null];
  return [code, output()];
}

test("a start with a broken file uses the last good copy, says so, and takes the repaired file", async () => {
  const installation = await createInstallation();
  const { copyPath, ...folders } = installation;
  expect(statSync(copyPath).mode & 0o777).toBe(0o600);
  expect(readFileSync(copyPath, "utf8")).not.toContain(token);

  writeFileSync(folders.configPath, "{ gateway: { prot: 1 } }");
  const gateway = await startGatewayProcess({ ...folders, env: { ROTATED: token } });
  const readConfig = async (): Promise<unknown> =>
    ((await (await request(gateway, "/readyz")).json()) as { config: unknown }).config;
  expect(await readConfig()).toEqual({
    applied: false,
    lastGoodCopyAt: expect.stringMatching(/^\d{4}-.*Z$/),
    restartRequired: [],
    problems: [{ path: "gateway.prot", message: 'unknown key (did you mean "port"?)' }],
  });
  await expect.poll(gateway.output).toContain("runs with the last good copy");

  writeFileSync(folders.configPath, JSON.stringify(config));
  await expect.poll(readConfig).toEqual({ applied: true, restartRequired: [], problems: [] });
});

test("the copy is not used with --strict-config, for another file, or when the secret has changed", async () => {
  const installation = await createInstallation();
  writeFileSync(installation.configPath, "{ gateway: { prot: 1 } }");
  const unknownKey = expect.stringContaining("gateway.prot: unknown key") as string;
  expect(await runGateway(installation, ["--strict-config"])).toEqual([78, unknownKey]);

  const [code, output] = await runGateway(installation, [], "another-token-0123456789");
  expect([code, output]).toEqual([78, unknownKey]);
  expect(output).toContain("gateway.auth: the secret has changed since the last good copy");

  const configPath = join(createTemporaryFolder(), "openclaw.json");
  writeFileSync(configPath, "{ gateway: { prot: 1 } }");
  expect(await runGateway({ ...installation, configPath })).toEqual([78, unknownKey]);
});

test("without a copy, and with a copy that is broken too, a broken file ends the start", async () => {
  const installation = await createInstallation();
  writeFileSync(installation.configPath, "{ gateway: { prot: 1 } }");
  writeFileSync(installation.copyPath, "{");
  expect((await runGateway(installation))[0]).toBe(78);
  const copy = { path: installation.configPath, savedAt: "", tree: { nothing: 1 } };
  writeFileSync(installation.copyPath, JSON.stringify(copy));
  const [code, output] = await runGateway(installation);
  expect([code, output]).toEqual([78, expect.stringContaining("gateway.prot: unknown key")]);
});
