/** What the command line gives to a real terminal, and what to a pipe. */
import { expect, test } from "vitest";
import { hasTerminal, waitForExit, start, startOnTerminal } from "../support/clients/command-line.ts";
import { startTestGateway, createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { callAsOperator } from "../support/gateway/keys.ts";

test.skipIf(!hasTerminal)("untrusted text cannot control the terminal", async () => {
  const gateway = await startTestGateway();
  const key = "trip";
  const steering = "\u001b]0;title\u0007\u001b[2J\u009b31m";
  await callAsOperator(gateway, "agent", {
    message: `say ${steering}`,
    sessionKey: key,
    idempotencyKey: "1",
  });
  await expect
    .poll(() => callAsOperator(gateway, "sessions.patch", { key, label: `${steering}\n${key}` }))
    .toBeTruthy();

  const env = {
    OPENCLAW_GATEWAY_URL: gateway.url,
    OPENCLAW_GATEWAY_TOKEN: token,
    HOME: createTemporaryFolder(),
  };
  for (const args of [
    ["sessions", "list"],
    ["sessions", "show", key],
  ]) {
    const { code, out } = await waitForExit(startOnTerminal(env, args));
    expect(code).toBe(0);
    expect(out).toContain("\\x1b]0;title\\x07\\x1b[2J\\x9b31m");
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    expect(out).not.toMatch(/[\u0007\u001b\u009b]/);
  }
  const piped = await waitForExit(start(env, ["sessions", "list"]));
  expect(piped.out.trim().split("\n")).toEqual([
    expect.stringContaining("LABEL"),
    expect.stringContaining(`${steering} ${key}`),
  ]);
});
