/** Every example of the help, typed into a shell beside a running gateway, in the order of the help. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { loadCommands } from "../../cli/commands.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { chatConfig, createTemporaryFolder } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";

/** A folder whose `openclaw` is the one of this checkout. */
function folderOfCommand(): string {
  const folder = createTemporaryFolder();
  const file = join(folder, "openclaw");
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${join(packageRoot, "cli/main.ts")}" "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}

/** Examples that cannot run here, each for its reason. The tests of these commands run them otherwise. */
const notRun = new Set([
  // They take the place of the gateway that runs here, or need a stopped one.
  "gateway",
  "store copy",
  "store compact",
  "sessions restore",
  "import",
  // The file is there already.
  "init",
  // They go on until Ctrl-C, or until stdin ends.
  "chat",
  "logs",
  // It needs an editor and a terminal.
  "config edit",
  // They need port 18789, or a provider.
  "gateway auth-token",
  "models test",
  // They exit 1 when they find something, as here: callers may run commands.
  "doctor",
  "security audit",
]);

test("every example of the help succeeds", async () => {
  const config = {
    gateway: { ...chatConfig.gateway, tools: { allow: ["exec"] } },
    agents: { list: [{ id: "main" }, { id: "coder" }] },
  };
  const gateway = await startGatewayProcess({ config, env: { OPENCLAW_GATEWAY_TOKEN: undefined } });
  const home = createTemporaryFolder();
  mkdirSync(join(home, ".openclaw"));
  writeFileSync(join(home, ".openclaw", "openclaw.json"), JSON.stringify(config));
  const env = {
    PATH: `${folderOfCommand()}:${process.env["PATH"]}`,
    HOME: home,
    OPENCLAW_CONFIG_PATH: join(home, ".openclaw/openclaw.json"),
    OPENCLAW_STATE_DIR: gateway.stateDir,
  };
  const cwd = createTemporaryFolder();
  const others = (await loadCommands()).filter(({ name }) => !notRun.has(name));
  for (const { example } of others) {
    const failed = (error: unknown): string =>
      String((error as { readonly stderr?: string }).stderr ?? error);
    const ran = await promisify(execFile)("bash", ["-c", example], { cwd, env }).catch(failed);
    expect([example, ran]).toEqual([example, expect.objectContaining({ stdout: expect.any(String) })]);
  }
});
