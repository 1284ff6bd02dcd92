/** What a command without a sandbox finds in the environment of the gateway's process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { spawnOpenclaw } from "../support/gateway/gateway-process.ts";

const canHide = process.platform === "linux";
if (!canHide) console.warn("The gateway's environment is not read: there is no /proc here.");

const secrets = {
  OPENCLAW_GATEWAY_TOKEN: token,
  OPENAI_API_KEY: "canary-provider-key",
  FAVOURITE: "canary-of-any-name",
  DATABASE_URL: "postgres://app:canary-password@db/app",
};

const config = {
  gateway: { tools: { allow: ["exec"] } },
  models: { providers: { far: { baseUrl: "http://127.0.0.1:9/v1", apiKey: "${FAVOURITE}", models: [] } } },
};

async function invokeExec(url: string, command: string): Promise<string> {
  const response = await fetch(`${url}/tools/invoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ tool: "exec", args: { command } }),
  });
  return response.text();
}

test.skipIf(!canHide).each(["cli/main.ts", "scripts/openclaw.ts"])(
  "commands of a gateway that %s starts find no secret in its environment",
  async (program) => {
    const folder = createTemporaryFolder();
    writeFileSync(join(folder, "openclaw.json"), JSON.stringify(config));
    const child = spawn(process.execPath, [join(packageRoot, program), "gateway", "--port", "0"], {
      env: {
        ...process.env,
        ...secrets,
        HARMLESS: "kept",
        OPENCLAW_CONFIG_PATH: join(folder, "openclaw.json"),
        OPENCLAW_STATE_DIR: join(folder, "state"),
      },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await expect.poll(() => output).toMatch(/^Gateway +\S+$/m);
    const url = /^Gateway +(\S+)$/m.exec(output)?.[1] ?? "";
    expect(output).toContain("the token in the environment");

    const parents = await invokeExec(url, "tr '\\0' '\\n' < /proc/$PPID/environ; echo $HARMLESS");
    expect(parents).toContain("kept");
    for (const found of [parents, readFileSync(`/proc/${child.pid}/environ`, "utf8")]) {
      expect(found).toContain("PATH=");
      for (const secret of Object.values(secrets)) expect(found).not.toContain(secret);
    }
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  },
);

test("the variable alone, without the file, changes nothing", async () => {
  const { child, output } = spawnOpenclaw(["gateway", "--help"], { OPENCLAW_HIDDEN_ENVIRONMENT: "1" });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(output()).toContain("openclaw gateway");
});
