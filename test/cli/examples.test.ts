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

test("every example of the help succeeds", { timeout: 120_000 }, async () => {
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
  // The one would take the place of the gateway that runs here, the other needs a stopped one.
  const others = (await loadCommands()).filter(({ name }) => name !== "gateway" && name !== "store compact");
  for (const { example } of others) {
    const failed = (error: unknown): string =>
      String((error as { readonly stderr?: string }).stderr ?? error);
    const ran = await promisify(execFile)("bash", ["-c", example], { cwd, env }).catch(failed);
    expect([example, ran]).toEqual([example, expect.objectContaining({ stdout: expect.any(String) })]);
  }
});
