import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { run as runCommand } from "../support/clients/command-line.ts";
import { createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";

/** Rejects a promise that nobody handles, once per SIGUSR2. */
const faultyModule = `process.on("SIGUSR2", function plantedFault() {
  void Promise.reject(new TypeError("planted"));
});`;

test("an unhandled rejection is logged with its stack and counted, and the gateway continues", async () => {
  const file = join(createTemporaryFolder(), "faulty.mjs");
  writeFileSync(file, faultyModule);
  const gateway = await startGatewayProcess({
    env: { NODE_OPTIONS: `--import=${pathToFileURL(file).href}` },
  });
  const env = { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: token };
  const readStatus = async (): Promise<unknown> =>
    JSON.parse((await runCommand(env, ["status", "--json"])).out) as unknown;
  expect(await readStatus()).toMatchObject({ unhandledRejections: 0 });

  const readLines = (): readonly Record<string, unknown>[] =>
    gateway
      .output()
      .split("\n")
      .filter((line) => line.includes('"message":"unhandled rejection"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const count of [1, 2]) {
    gateway.child.kill("SIGUSR2");
    await expect.poll(readLines).toHaveLength(count);
    expect(readLines().at(-1)).toMatchObject({
      level: "error",
      error: "TypeError: planted",
      stack: expect.stringMatching(/^at process\.plantedFault .*faulty\.mjs:2:\d+/) as string,
      count,
    });
  }
  expect(await readStatus()).toMatchObject({ unhandledRejections: 2 });
  expect((await runCommand(env, ["status"])).out).toMatch(/^Errors +2 unhandled rejections; see the log$/m);
});
