/** Runs the programs in examples/ that use the `openai` package as a user does. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { startTestGateway, createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";

async function example(name: string, ...args: readonly string[]): Promise<string> {
  const { url } = await startTestGateway();
  return run(name, args, packageRoot, { OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token });
}

async function run(
  name: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const file = join(packageRoot, "examples", name);
  const options = { cwd, env: { ...process.env, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], options);
  return stdout;
}

test("examples/openai-sdk.ts prints a reply and its usage", async () => {
  expect(await example("openai-sdk.ts", "say Hello, world!")).toMatch(/^Hello, world!\n\d+ tokens\n$/);
});

test("examples/openai-sdk-stream.ts prints a reply as it streams", async () => {
  expect(await example("openai-sdk-stream.ts")).toBe("One word after the other.\n");
});

test("examples/tools.ts runs its function and prints the reply", async () => {
  expect(await example("tools.ts")).toBe("get_weather returned: 18 degrees and clear in Paris\n");
});

for (const name of ["openai-sdk.ts", "openai-sdk-stream.ts", "tools.ts"]) {
  test(`examples/${name} finds the token that the gateway of a checkout has made`, async () => {
    const checkout = createTemporaryFolder();
    const { url } = await startGatewayProcess({
      stateDir: join(checkout, ".openclaw"),
      env: { OPENCLAW_GATEWAY_TOKEN: undefined },
    });
    const env = { OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: undefined };
    expect(await run(name, ["say Hello!"], checkout, env)).toMatch(/^Hello!\n/);
  });
}
