import { expect, test } from "vitest";
import { events, methods } from "../../contracts/index.ts";
import { startTestGateway, token } from "../support/gateway/gateway.ts";
import { startGatewayProcess } from "../support/gateway/gateway-process.ts";
import { createConnectParams, openTestSocket } from "../support/sockets/socket.ts";

test("the challenge comes at once, and hello has the methods, the events and the scopes", async () => {
  const { url } = await startTestGateway();
  const socket = await openTestSocket(url);
  const challenge = await socket.waitForFrame(({ event }) => event === "connect.challenge");
  expect(challenge.seq).toBeUndefined();
  expect(challenge.payload).toEqual({ nonce: expect.any(String), ts: expect.any(Number) });
  const hello = await socket.request("connect", createConnectParams());
  expect(hello).toMatchObject({
    type: "hello-ok",
    protocol: 4,
    features: { methods: Object.keys(methods), events: Object.keys(events) },
    auth: { role: "operator", scopes: ["operator.read", "operator.write"] },
    policy: { maxPayload: 26_214_400, maxBufferedBytes: 16_777_216, tickIntervalMs: 30_000 },
    snapshot: {
      authMode: "token",
      sessionDefaults: { defaultAgentId: "main", mainKey: "main", mainSessionKey: "agent:main:main" },
    },
  });
});

test.each([
  [3, 3, 3],
  [3, 4, 4],
  [4, 9, 4],
  [1, 3, 3],
])("for protocols %i to %i the highest common protocol is %i", async (minProtocol, maxProtocol, spoken) => {
  const { url } = await startTestGateway();
  const socket = await openTestSocket(url);
  expect(await socket.request("connect", createConnectParams({ minProtocol, maxProtocol }))).toMatchObject({
    protocol: spoken,
  });
});

test.each([
  [1, 2],
  [5, 9],
])("a client that speaks only protocols %i to %i gets an error and is closed with 1002", async (min, max) => {
  const { url } = await startTestGateway();
  const socket = await openTestSocket(url);
  const { ok, error } = await socket.call(
    "connect",
    createConnectParams({ minProtocol: min, maxProtocol: max }),
  );
  expect(ok).toBe(false);
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { expectedProtocol: 4 } });
  expect((await socket.closed).code).toBe(1002);
});

test.each([
  ["no credential", undefined, "AUTH_TOKEN_MISSING"],
  ["a wrong token", { token: `${token}x` }, "AUTH_TOKEN_MISMATCH"],
  ["a wrong password", { password: "guess" }, "AUTH_TOKEN_MISMATCH"],
])("%s is rejected with a machine-readable code, and closed with 1008", async (_, auth, code) => {
  const { url } = await startTestGateway();
  const socket = await openTestSocket(url);
  const { error } = await socket.call("connect", createConnectParams({ auth }));
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { code }, retryable: false });
  expect((await socket.closed).code).toBe(1008);
});

test("the secret may be sent as a token, as a password, or in the header of the upgrade", async () => {
  const { url } = await startTestGateway();
  for (const auth of [{ token }, { password: token }]) {
    const socket = await openTestSocket(url);
    expect(await socket.request("connect", createConnectParams({ auth }))).toMatchObject({
      type: "hello-ok",
    });
  }
  const socket = await openTestSocket(url, { headers: { authorization: `Bearer ${token}` } });
  expect(await socket.request("connect", createConnectParams({ auth: undefined }))).toMatchObject({
    type: "hello-ok",
  });
});

test("hello and errors name a password when the secret is one, wherever it is configured", async () => {
  const password = "a password of the environment";
  const gateway = await startGatewayProcess({
    env: { OPENCLAW_GATEWAY_TOKEN: undefined, OPENCLAW_GATEWAY_PASSWORD: password },
  });
  const socket = await openTestSocket(gateway.url);
  const hello = await socket.request("connect", createConnectParams({ auth: { password } }));
  expect(hello).toMatchObject({ snapshot: { authMode: "password" } });
  const wrong = await openTestSocket(gateway.url);
  const { error } = await wrong.call("connect", createConnectParams({ auth: { password: "guess" } }));
  expect(error).toMatchObject({ details: { code: "AUTH_PASSWORD_MISMATCH", param: "auth.password" } });
});

test("after many wrong credentials the client must wait, and a correct one is still accepted", async () => {
  const { url } = await startTestGateway({
    config: { gateway: { auth: { rateLimit: { maxAttempts: 2 } } } },
  });
  const codes: unknown[] = [];
  for (let i = 0; i < 3; i += 1) {
    const socket = await openTestSocket(url);
    const { error } = await socket.call("connect", createConnectParams({ auth: { token: "wrong" } }));
    codes.push(error?.details?.["code"]);
  }
  expect(codes).toEqual(["AUTH_TOKEN_MISMATCH", "AUTH_TOKEN_MISMATCH", "AUTH_RATE_LIMITED"]);
  const socket = await openTestSocket(url);
  expect(await socket.request("connect", createConnectParams())).toMatchObject({ type: "hello-ok" });
});

test.each([
  [undefined, ["operator.read", "operator.write"]],
  [[], []],
  [["operator.read"], ["operator.read"]],
  [["operator.admin", "operator.pairing"], ["operator.admin"]],
])("with scopes %j a connection is granted %j", async (scopes, granted) => {
  const { url } = await startTestGateway();
  const socket = await openTestSocket(url);
  expect(await socket.request("connect", createConnectParams({ scopes }))).toMatchObject({
    auth: { scopes: granted },
  });
});

test("a method without its permission is forbidden, and the error names the missing scope", async () => {
  const { url } = await startTestGateway();
  const reader = await openTestSocket(url);
  await reader.request("connect", createConnectParams({ scopes: ["operator.read"] }));
  expect(await reader.request("status")).toMatchObject({ ok: true });
  const { error } = await reader.call("sessions.reset", { key: "k" });
  expect(error).toMatchObject({
    code: "FORBIDDEN",
    details: { code: "MISSING_SCOPE", missingScope: "operator.write", requiredScopes: ["operator.write"] },
  });
  const nobody = await openTestSocket(url);
  await nobody.request("connect", createConnectParams({ scopes: [] }));
  expect((await nobody.call("health")).error?.code).toBe("FORBIDDEN");
});

test("newer clients with more fields are accepted, and a device grants no permission", async () => {
  const { url } = await startTestGateway();
  const socket = await openTestSocket(url);
  const device = { id: "d", publicKey: "k", signature: "s", signedAt: 1, nonce: "n" };
  const params = createConnectParams({ device, computerUse: {}, scopes: ["operator.read"] });
  expect(await socket.request("connect", params)).toMatchObject({ auth: { scopes: ["operator.read"] } });
});

test("a role other than operator is rejected", async () => {
  const { url } = await startTestGateway();
  const socket = await openTestSocket(url);
  const { error } = await socket.call("connect", createConnectParams({ role: "node" }));
  expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { param: "role" } });
  expect((await socket.closed).code).toBe(1008);
});

test("the first frame must be connect", async () => {
  const { url } = await startTestGateway();
  const early = await openTestSocket(url);
  expect((await early.call("health")).error?.code).toBe("INVALID_REQUEST");
  expect((await early.closed).code).toBe(1008);
  const garbage = await openTestSocket(url);
  garbage.send("hello");
  expect((await garbage.closed).code).toBe(1008);
});

test("a client that does not connect in time is closed with a reason", async () => {
  const { url } = await startTestGateway({ socketLimits: { handshakeMs: 50 } });
  const socket = await openTestSocket(url);
  expect(await socket.closed).toEqual({ code: 1008, reason: "connect did not come within 50 ms" });
});
