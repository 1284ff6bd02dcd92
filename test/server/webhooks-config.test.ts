import { expect, test } from "vitest";
import { createConfigFile, type ConfigFolder } from "../support/gateway/config-folder.ts";
import { otherWebhookSecret, webhookSecret } from "../support/gateway/webhook-receiver.ts";

const createFile = (...webhooks: readonly object[]): ConfigFolder =>
  createConfigFile({ gateway: { webhooks } });
const readIssues = (...webhooks: readonly object[]): readonly string[] =>
  createFile(...webhooks).readIssues();
const countReceivers = (...webhooks: readonly object[]): number =>
  createFile(...webhooks).load().config.gateway.webhooks.length;

const url = "https://app.test/events";

test("an address is https and public, or is allowed to be neither, and belongs to one receiver", () => {
  const secret = webhookSecret;
  expect(
    countReceivers({ url, secret }, { url: "http://10.0.0.1:3000/", secret, allowPrivateNetwork: true }),
  ).toBe(2);
  expect(readIssues({ url: "http://app.test", secret })).toEqual([
    "gateway.webhooks.0.url: must begin with https://; http is for a private network, with allowPrivateNetwork: true",
  ]);
  expect(readIssues({ url: "app.test", secret }, { url: "ftp://app.test", secret })).toEqual([
    "gateway.webhooks.0.url: must be a URL such as https://app.example/webhooks",
    "gateway.webhooks.1.url: must be a URL such as https://app.example/webhooks",
  ]);
  expect(readIssues({ url: "https://ada:pw@app.test", secret })).toEqual([
    "gateway.webhooks.0.url: must not contain a user name or a password",
  ]);
  expect(readIssues({ url, secret }, { url, secret })).toEqual([
    "gateway.webhooks.1.url: is already the address of gateway.webhooks.0; list all secrets there",
  ]);
});

test("a secret has the form of Standard Webhooks, and no message has it", () => {
  expect(countReceivers({ url, secret: [webhookSecret, otherWebhookSecret] })).toBe(1);
  const hint = 'make one with: echo "whsec_$(openssl rand -base64 32)"';
  const problems = {
    "a-secret-of-my-own": `must begin with whsec_; ${hint}`,
    "whsec_not base64!": `must be whsec_ and Base64; ${hint}`,
    whsec_c2hvcnQ: `must have 24 to 64 bytes in Base64, and has 5; ${hint}`,
  };
  for (const [secret, problem] of Object.entries(problems)) {
    expect(readIssues({ url, secret })).toEqual([`gateway.webhooks.0.secret: ${problem}`]);
    expect(readIssues({ url, secret: [webhookSecret, secret] })).toEqual([
      `gateway.webhooks.0.secret.1: ${problem}`,
    ]);
  }
});

test("types and agents are those that exist", () => {
  const secret = webhookSecret;
  expect(countReceivers({ url, secret, agents: ["MAIN"], types: ["response.failed"] })).toBe(1);
  expect(readIssues({ url, secret, agents: ["mian"] })).toEqual([
    'gateway.webhooks.0.agents.0: no agent "mian" (did you mean "main"?)',
  ]);
  expect(readIssues({ url, secret, types: ["response.created"] })).toEqual([
    expect.stringMatching(/^gateway\.webhooks\.0\.types\.0: .*response\.completed/),
  ]);
});

test("a secret may be a reference, alone and in a list", () => {
  const { load } = createConfigFile({
    gateway: {
      webhooks: [
        { url, secret: { source: "env", id: "FIRST" } },
        { url: `${url}/2`, secret: [{ source: "env", id: "FIRST" }, "${SECOND}"] },
      ],
    },
  });
  const { config } = load({ env: { FIRST: webhookSecret, SECOND: otherWebhookSecret } });
  expect(JSON.stringify(config.gateway.webhooks)).not.toContain("whsec_");
  expect(config.gateway.webhooks.map(({ secret }) => Array.isArray(secret))).toEqual([false, true]);
});
