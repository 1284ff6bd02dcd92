import { expect, test } from "vitest";
import { run } from "../support/clients/command-line.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";

const env = (url: string) => ({ OPENCLAW_GATEWAY_URL: url, OPENCLAW_GATEWAY_TOKEN: token });

test("the address has a code, and not the secret", async () => {
  const { url } = await startTestGateway();
  const { code, out } = await run(env(url), ["dashboard", "--no-open"]);
  expect([code, out]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{32}$/)]);
  expect(out).toContain(url);
  expect(out).not.toContain(token);
});

test("a gateway without the page says which setting turns it on", async () => {
  const { url } = await startTestGateway({ config: { gateway: { controlUi: { enabled: false } } } });
  const { code, err } = await run(env(url), ["dashboard", "--no-open"]);
  expect([code, err]).toEqual([1, expect.stringContaining("gateway.controlUi.enabled")]);
});
