import { expect, test } from "vitest";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { createKey } from "../support/gateway/keys.ts";
import { connectTestSocket, openTestSocket, type Frame } from "../support/sockets/socket.ts";

interface Code {
  readonly code: string;
  readonly expiresAt: number;
  readonly pagePath: string | null;
}

async function connectWithCode(url: string, code: string): Promise<Frame> {
  const socket = await openTestSocket(url);
  return socket.call("connect", {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "test", version: "1", platform: "test", mode: "test" },
    scopes: ["operator.admin"],
    auth: { code },
  });
}

test("a code connects once, with the scopes of its credential, and returns the secret", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "ada", { scopes: ["operator.read"] });
  const socket = await connectTestSocket(gateway, { auth: { token: secret }, scopes: ["operator.read"] });
  const { code, pagePath } = await socket.request<Code>("auth.code", { secret });
  expect(pagePath).toBe("/");
  expect((await connectWithCode(gateway.url, code)).payload).toMatchObject({
    auth: { scopes: ["operator.read"], secret },
  });
  const second = await connectWithCode(gateway.url, code);
  expect(second.error?.details).toMatchObject({ code: "AUTH_TOKEN_MISMATCH" });
  expect(JSON.stringify(gateway.log)).not.toContain(code);
});

test("a code expires after a minute", async () => {
  let now = Date.now();
  const gateway = await startTestGateway({ clock: () => now });
  const socket = await connectTestSocket(gateway);
  const { code, expiresAt } = await socket.request<Code>("auth.code", { secret: token });
  expect(expiresAt).toBe(now + 60_000);
  now += 60_000;
  expect((await connectWithCode(gateway.url, code)).ok).toBe(false);
});

test("guessed codes are counted as wrong secrets", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { auth: { rateLimit: { maxAttempts: 3 } } } },
  });
  const codes: unknown[] = [];
  for (let guess = 0; guess < 4; guess += 1)
    codes.push((await connectWithCode(gateway.url, `guess-${guess}`)).error?.details?.["code"]);
  expect(codes).toEqual([
    "AUTH_TOKEN_MISMATCH",
    "AUTH_TOKEN_MISMATCH",
    "AUTH_TOKEN_MISMATCH",
    "AUTH_RATE_LIMITED",
  ]);
});
