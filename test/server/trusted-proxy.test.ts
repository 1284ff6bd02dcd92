/** Users whom a proxy has signed in. The test is the proxy; test/docs/proxies.test.ts has a real one. */
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { createClientAddress, createTrustedProxies } from "../../server/auth/client-address.ts";
import { createTrustedProxyCheck } from "../../server/auth/trusted-proxy.ts";
import {
  chatConfig,
  createChatBody,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { toUserName } from "../../server/lib/credential-names.ts";
import { sendRawRequest } from "../support/sockets/raw-http.ts";
import { createConfigFolder } from "../support/gateway/config-folder.ts";
import { createConnectParams, openTestSocket } from "../support/sockets/socket.ts";

type Auth = NonNullable<NonNullable<ConfigInput["gateway"]>["auth"]>;

const withProxy = (
  trustedProxy: Partial<NonNullable<Auth["trustedProxy"]>> = {},
  gateway: ConfigInput["gateway"] = {},
  auth: Auth = {},
): ConfigInput => ({
  gateway: {
    ...chatConfig.gateway,
    trustedProxies: ["127.0.0.1"],
    auth: {
      mode: "trusted-proxy",
      trustedProxy: { userHeader: "X-Forwarded-User", allowLoopback: true, ...trustedProxy },
      ...auth,
    },
    ...gateway,
  },
});

const asUser = (user: string, more: Record<string, string> = {}): Record<string, string> => ({
  "x-forwarded-for": "203.0.113.7",
  "x-forwarded-user": user,
  ...more,
});

async function call(
  { url }: Pick<TestGateway, "url">,
  headers: Record<string, string>,
  path = "/sessions",
): Promise<{ readonly status: number; readonly code: string | undefined; readonly text: string }> {
  const response = await fetch(url + path, { headers });
  const text = await response.text();
  const { error } = JSON.parse(text) as { readonly error?: { readonly code: string } };
  return { status: response.status, code: error?.code, text };
}

const reject = (code: string): object => ({ status: 403, code });

test("each user is a principal with sessions of its own, and reads and writes", async () => {
  const gateway = await startTestGateway({ config: withProxy() });
  const chat = (user: string): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: asUser(user, { "content-type": "application/json", "x-openclaw-session-key": "plan" }),
      body: JSON.stringify(createChatBody("say hello")),
    });
  expect((await chat("ada@example.org")).status).toBe(200);
  expect((await chat("Bob O'Neil/x:y")).status).toBe(200);
  const keysOf = async (user: string): Promise<unknown> => {
    const { text } = await call(gateway, asUser(user));
    return (JSON.parse(text) as { sessions: { sessionKey: string }[] }).sessions.map(
      ({ sessionKey }) => sessionKey,
    );
  };
  expect(await keysOf("ada@example.org")).toEqual(["agent:main:key:@ada@example.org:plan"]);
  expect(await keysOf("Bob O'Neil/x:y")).toEqual(["agent:main:key:@Bob%20O'Neil%2Fx%3Ay:plan"]);
  expect(await keysOf("nobody")).toEqual([]);
  // `fetch` sends Latin-1, which is not UTF-8 here.
  expect((await chat("Jörg")).status).toBe(200);
  expect(await keysOf("Jörg")).toEqual(["agent:main:key:@J%C3%B6rg:plan"]);
});

test("every reason for which a request is rejected has its name, in the reply and in the log", async () => {
  const { url, log, ...gateway } = await startTestGateway({
    config: withProxy({ requiredHeaders: ["x-verified"], allowUsers: ["ada"] }),
  });
  const verified = { "x-verified": "1" };
  const from = (headers: Record<string, string>): ReturnType<typeof call> => call({ url }, headers);
  expect(await from({ "x-forwarded-user": "ada", "x-forwarded-proto": "https" })).toMatchObject(
    reject("proxy_attribution_required"),
  );
  expect(await from(asUser("ada", { "x-forwarded-for": "127.0.0.1" }))).toMatchObject(
    reject("proxy_attribution_required"),
  );
  expect(await from({ "x-real-ip": "203.0.113.7", "x-forwarded-user": "ada" })).toMatchObject(
    reject("proxy_attribution_required"),
  );
  expect(await from(asUser("ada"))).toMatchObject(reject("trusted_proxy_missing_header"));
  expect(await from(asUser("ada", { "x-verified": " " }))).toMatchObject(
    reject("trusted_proxy_missing_header"),
  );
  expect(await from({ ...verified, "x-forwarded-for": "203.0.113.7" })).toMatchObject(
    reject("trusted_proxy_user_missing"),
  );
  const mallory = await from(asUser("mallory", verified));
  expect(mallory).toMatchObject(reject("trusted_proxy_user_not_allowed"));
  expect(mallory.text).not.toContain("mallory");
  expect(await from(asUser("Ada", verified))).toMatchObject(reject("trusted_proxy_user_not_allowed"));
  expect((await from(asUser(" ada ", verified))).status).toBe(200);

  gateway.reload(withProxy({ allowLoopback: false }));
  expect(await from(asUser("ada"))).toMatchObject(reject("trusted_proxy_loopback_source"));
  gateway.reload(withProxy({}, { trustedProxies: ["10.0.0.1"] }));
  expect(await from(asUser("ada"))).toMatchObject(reject("trusted_proxy_untrusted_source"));
  gateway.reload(withProxy({}, { allowRealIpFallback: true }));
  expect((await from({ "x-real-ip": "203.0.113.7", "x-forwarded-user": "ada" })).status).toBe(200);
  await expect.poll(() => log.join("\n")).toContain('"reason":"trusted_proxy_');
  expect(log.join("\n")).not.toContain("mallory");
});

test("an address of the gateway's own machine is no proxy, and neither is any while they are unknown", async ({
  skip,
}) => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((each) => each !== undefined && !each.internal && each.family === "IPv4")?.address;
  const settings = { userHeader: "x-user", requiredHeaders: [], allowUsers: [], allowLoopback: false };
  const proxies = createTrustedProxies({ trustedProxies: ["192.0.2.77"], allowRealIpFallback: false });
  const checkWith = (listOwnAddresses: () => readonly string[]): (() => unknown) => {
    const check = createTrustedProxyCheck(
      { trustedProxy: settings, identityScopes: {} },
      { proxies, clientAddress: createClientAddress(proxies), report: () => {}, listOwnAddresses },
    );
    const request = {
      headers: { "x-forwarded-for": "203.0.113.7", "x-user": "ada" },
      rawHeaders: [],
      socket: { remoteAddress: "::ffff:192.0.2.77" },
    };
    return () => check.authenticate({ request: request as never, route: "GET /" });
  };
  expect(checkWith(() => ["192.0.2.77"])).toThrow(
    expect.objectContaining({ code: "trusted_proxy_local_interface_source" }),
  );
  expect(
    checkWith(() => {
      throw new Error("no such system call");
    }),
  ).toThrow(expect.objectContaining({ code: "trusted_proxy_local_interface_check_failed" }));
  expect(checkWith(() => ["192.0.2.78"])).not.toThrow();

  if (own === undefined) return skip("this machine has no network interface but loopback");
  const gateway = await startTestGateway({ host: own, config: withProxy({}, { trustedProxies: [own] }) });
  expect(await call(gateway, asUser("ada"))).toMatchObject(reject("trusted_proxy_local_interface_source"));
});

test("a header of the user that comes twice names nobody", async () => {
  const { url } = await startTestGateway({ config: withProxy() });
  const proxied = ["GET /sessions HTTP/1.1", "Host: 127.0.0.1", "X-Forwarded-For: 203.0.113.7"];
  const users = ["X-Forwarded-User: root", "x-forwarded-user: ada"];
  expect((await sendRawRequest(url, [...proxied, ...users.slice(1)])).status).toBe(200);
  const twice = await sendRawRequest(url, [...proxied, ...users]);
  expect([twice.status, twice.text]).toEqual([403, expect.stringContaining("trusted_proxy_user_missing")]);
});

test("no user can take the name of another", () => {
  const long = `${"a".repeat(80)}@example.org`;
  const names = ["ada", "Ada", "a/b", "a%2Fb", "a:b", long, `${long}x`].map(toUserName);
  names.push(toUserName(toUserName(long).slice(1)));
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^@[^:]{1,63}$/);
});

test("programs of this machine send the secret, which opens nothing through the proxy", async () => {
  const gateway = await startTestGateway({ config: withProxy() });
  const bearer = { authorization: `Bearer ${token}` };
  expect((await call(gateway, bearer)).status).toBe(200);
  expect(await call(gateway, { authorization: "Bearer wrong" })).toMatchObject({ status: 401 });
  expect(await call(gateway, { ...bearer, forwarded: "for=203.0.113.7" })).toMatchObject(
    reject("proxy_attribution_required"),
  );
  // The user decides, and not a credential that the proxy passes on.
  const scoped = await call(gateway, asUser("ada", bearer), "/audit");
  expect(scoped).toMatchObject({ status: 403, code: "missing_scope" });
});

test("identityScopes add to a user's scopes, and x-openclaw-scopes narrows them", async () => {
  const scopes: Auth = {
    identityScopes: { "Ada@example.org": ["operator.admin"], root: ["operator.admin"] },
  };
  const gateway = await startTestGateway({ config: withProxy({}, {}, scopes) });
  const audit = async (user: string, more = {}): Promise<number> =>
    (await call(gateway, asUser(user, more), "/audit")).status;
  expect(await audit("ADA@EXAMPLE.ORG")).toBe(200);
  expect(await audit("root")).toBe(200);
  expect(await audit("Root")).toBe(403);
  expect(await audit("ada@example.org", { "x-openclaw-scopes": "operator.read, operator.write" })).toBe(403);
  expect(await audit("bob", { "x-openclaw-scopes": "operator.admin" })).toBe(403);
  const read = async (more: Record<string, string>): Promise<number> =>
    (await call(gateway, asUser("bob", more))).status;
  expect(await read({ "x-openclaw-scopes": "operator.read" })).toBe(200);
  expect(await read({ "x-openclaw-scopes": "" })).toBe(403);
});

test("a socket has its user and its scopes, and closes when the rules change", async () => {
  const gateway = await startTestGateway({ config: withProxy() });
  const open = (headers: Record<string, string>): ReturnType<typeof openTestSocket> =>
    openTestSocket(gateway.url, { headers });
  const socket = await open(asUser("ada"));
  const hello = await socket.request<{
    snapshot: { authMode: string; sessionDefaults: { mainKey: string } };
  }>("connect", createConnectParams({ auth: { token }, scopes: ["operator.admin", "operator.write"] }));
  expect(hello).toMatchObject({
    auth: { scopes: ["operator.read", "operator.write"] },
    snapshot: { authMode: "trusted-proxy", sessionDefaults: { mainKey: "key:@ada:main" } },
  });
  const nobody = await open({ "x-forwarded-for": "203.0.113.7" });
  const { error } = await nobody.call("connect", createConnectParams({ auth: { token } }));
  expect(error?.details).toEqual({ code: "trusted_proxy_user_missing", param: "x-forwarded-user" });
  gateway.reload(withProxy({}, { port: 1 }));
  await socket.request("status");
  gateway.reload(withProxy({ allowUsers: ["bob"] }));
  expect((await socket.closed).code).toBe(1008);
});

test("without a secret every caller is the operator, whose scopes x-openclaw-scopes narrows too", async () => {
  const gateway = await startTestGateway({ secret: undefined });
  expect((await call(gateway, {}, "/audit")).status).toBe(200);
  expect((await call(gateway, { "x-openclaw-scopes": "operator.read" }, "/audit")).status).toBe(403);
});

test.each([
  [{ auth: { mode: "trusted-proxy" }, trustedProxies: ["10.0.0.1"] }, "gateway.auth.trustedProxy.userHeader"],
  [{ auth: { mode: "trusted-proxy", trustedProxy: { userHeader: "x-user" } } }, "gateway.trustedProxies"],
  [{ auth: { mode: "jwt" } }, "gateway.auth.jwt"],
  [
    {
      auth: {
        mode: "trusted-proxy",
        trustedProxy: { userHeader: "x-user" },
        identityScopes: { a: ["admin"] },
      },
    },
    "gateway.auth.identityScopes",
  ],
])("a mode without what it needs does not start: %j", (gateway, path) => {
  expect(() => createConfigFolder({ "openclaw.json": JSON.stringify({ gateway }) }).load()).toThrow(path);
});

test("a range of IPv4 in IPv6 is the range of IPv4", () => {
  const proxies = createTrustedProxies({
    trustedProxies: ["::ffff:10.0.0.0/104"],
    allowRealIpFallback: false,
  });
  expect(["10.1.2.3", "::ffff:10.1.2.3", "11.0.0.1"].map(proxies.has)).toEqual([true, true, false]);
});
