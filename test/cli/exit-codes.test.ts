/** Every exit code of the command line, each from a real process; the help and the guide list the same ones. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCommands } from "../../cli/commands.ts";
import * as codes from "../../cli/exit-codes.ts";
import { packageRoot } from "../../server/lib/package.ts";
import { start, waitForExit } from "../support/clients/command-line.ts";
import { chatConfig, createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";

const documented = [
  ...readFileSync(join(packageRoot, "docs/guides/command-line.md"), "utf8").matchAll(/^\| (\d+) /gm),
]
  .map(([, code]) => Number(code))
  .toSorted((a, b) => a - b);

test("each code is provoked", async () => {
  const gateway = await startGatewayProcess({
    config: { gateway: { ...chatConfig.gateway, limits: { maxWaitingPerSession: 0 } } },
  });
  const env = {
    OPENCLAW_STATE_DIR: gateway.stateDir,
    OPENCLAW_CONFIG_PATH: gateway.configPath,
    OPENCLAW_GATEWAY_TOKEN: token,
  };
  const broken = join(createTemporaryFolder(), "broken.json");
  writeFileSync(broken, "{ gatway: {} }");
  const nothing = { OPENCLAW_STATE_DIR: createTemporaryFolder(), OPENCLAW_CONFIG_PATH: undefined };

  const table: readonly (readonly [number, readonly string[], NodeJS.ProcessEnv?])[] = [
    [0, ["--version"]],
    [0, ["agent", "say hello"]],
    [0, ["health"]],
    [1, ["health"], nothing],
    [1, ["sessions", "show", "nowhere"]],
    [2, ["agents", "lst"]],
    [2, ["health", "--jsn"]],
    [2, ["channels"]],
    [2, ["--profile"]],
    [77, ["status"], { OPENCLAW_GATEWAY_TOKEN: "wrong" }],
    [78, ["config", "check"], { OPENCLAW_CONFIG_PATH: broken }],
    [78, ["gateway", "--strict-config"], { OPENCLAW_CONFIG_PATH: broken }],
  ];
  const provoked = new Set<number>();
  for (const [code, args, more] of table) {
    const result = await waitForExit(start({ ...env, ...more }, args));
    expect([args.join(" "), result.code]).toEqual([args.join(" "), code]);
    provoked.add(result.code);
  }

  const busy = start(env, ["agent", "-m", "/stall after 1 waiting"]);
  await expect.poll(busy.out).toContain("waiting");
  const rejected = await waitForExit(start(env, ["agent", "-m", "hello"]));
  provoked.add(rejected.code);
  busy.child.kill("SIGINT");
  provoked.add((await waitForExit(busy)).code);
  expect([...provoked].toSorted((a, b) => a - b)).toEqual(documented);
});

test("the help of a command names no other codes", async () => {
  const known: readonly number[] = Object.values(codes).toSorted((a, b) => a - b);
  expect(documented).toEqual(known);
  for (const { name, details = "" } of await loadCommands()) {
    const [, list = ""] = /Exit codes: ([^.]*)/.exec(details) ?? [];
    const named = [...list.matchAll(/(?:^|, )(\d+) /g)].map(([, code]) => Number(code));
    expect([name, named.filter((code) => !known.includes(code))]).toEqual([name, []]);
    if (named.length > 0) expect([name, named.slice(0, 1)]).toEqual([name, [0]]);
  }
});
