/** The workflows of docs/arazzo.yaml, run by Redocly Respect on a gateway. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { packageRoot } from "../../server/lib/package.ts";

const run = promisify(execFile);

/** Resolves to what Respect prints. Rejects when a step fails. */
async function respect(url: string, credential: string): Promise<string> {
  const args = [
    "respect",
    "docs/arazzo.yaml",
    "--server",
    `gateway=${url}`,
    "--input",
    `credential=${credential}`,
  ];
  const { stdout, stderr } = await run(join(packageRoot, "node_modules/.bin/redocly"), args, {
    cwd: packageRoot,
    env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" },
  });
  return stdout + stderr;
}

const config = {
  gateway: { http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } } },
};

test("every step of every workflow succeeds", async () => {
  const { url } = await startTestGateway({ config });
  expect(await respect(url, token)).toMatch(/Workflows: 4 passed, 4 total[^]*Steps: 11 passed, 11 total/);
});

test("a wrong credential fails them", async () => {
  const { url } = await startTestGateway({ config });
  await expect(respect(url, "wrong")).rejects.toThrow();
});
