/** The ideas of the original's published advisories, tried on a real gateway. README.md beside this file lists them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createClientAddress, createTrustedProxies } from "../../server/auth/client-address.ts";
import { chatConfig, createChatBody, startTestGateway, token } from "../support/gateway/gateway.ts";
import { callAsOperator, connectWithSecret, createKey, request } from "../support/gateway/keys.ts";
import { createConnectParams, openTestSocket } from "../support/sockets/socket.ts";

const invoke = (gateway: { url: string }, tool: string, args: object, secret = token): Promise<Response> =>
  request(gateway, "/tools/invoke", { secret, body: { tool, args } });

test("every row of the table has a test", () => {
  const [table = "", source = ""] = ["README.md", "advisories.test.ts"].map((name) =>
    readFileSync(join(import.meta.dirname, name), "utf8"),
  );
  const ids = [...table.matchAll(/^\| (\S+) +\|/gm)]
    .map(([, id]) => id)
    .filter((id) => id !== "id" && !id?.startsWith("-"));
  expect(ids).toHaveLength(9);
  for (const id of ids) expect([id, source.includes(`test("${id}: `)]).toEqual([id, true]);
});

test("CVE-2026-25253: no address of a gateway in a link changes where a page or a command sends its credential", async () => {
  const gateway = await startTestGateway();
  const link = `/?gatewayUrl=${encodeURIComponent("ws://evil.example")}&url=ws://evil.example`;
  for (const path of ["/docs", "/docs/socket", "/"]) {
    const response = await fetch(gateway.url + path.replace(/\/$/, "") + link.slice(path === "/" ? 0 : 1));
    expect(await response.text()).not.toContain("evil.example");
    expect(response.headers.get("location")).toBeNull();
  }
});

test("CVE-2026-25593: nothing is called before connect, and an admin key does not write the configuration", async () => {
  const gateway = await startTestGateway();
  writeFileSync(join(gateway.stateDir, "openclaw.json"), "{}");
  for (const method of ["config.apply", "config.set", "config.patch", "config.get", "exec"]) {
    const socket = await openTestSocket(gateway.url);
    expect((await socket.call(method, { raw: '{"gateway":{}}' })).error).toMatchObject({
      code: "INVALID_REQUEST",
    });
    expect((await socket.closed).code).toBe(1008);
  }
  const admin = await connectWithSecret(
    gateway,
    await createKey(gateway, "ops", { scopes: ["operator.admin"] }),
  );
  for (const method of ["config.apply", "config.set", "config.patch"])
    expect((await admin.call(method, {})).error).toMatchObject({ code: "FORBIDDEN" });
  expect(readFileSync(join(gateway.stateDir, "openclaw.json"), "utf8")).toBe("{}");
});

test("CVE-2026-26322: no tool connects to an address inside the network", async () => {
  let connections = 0;
  const inside = createServer((_, response) => response.end("secret of the network"))
    .on("connection", () => (connections += 1))
    .listen(0, "127.0.0.1");
  await once(inside, "listening");
  onTestFinished(() => void inside.close());
  const { port } = inside.address() as AddressInfo;
  const gateway = await startTestGateway();
  const args = { gatewayUrl: `ws://127.0.0.1:${port}`, gatewayToken: "x" };
  for (const tool of ["session_status", "sessions_list"]) {
    const text = await (await invoke(gateway, tool, args)).text();
    expect(text).toContain("gatewayUrl");
  }
  for (const host of ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0", "2130706433"]) {
    const response = await invoke(gateway, "web_fetch", { url: `http://${host}:${port}/` });
    expect([host, await response.text()]).not.toEqual([
      host,
      expect.stringContaining("secret of the network"),
    ]);
  }
  expect(connections).toBe(0);
});

test("GHSA-rqpp-rjj8-7wv8: a client gets no scope that its credential does not have", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "reader", { scopes: ["operator.read"] });
  const scopes = ["operator.admin", "operator.write", "operator.read"];
  const socket = await openTestSocket(gateway.url);
  const hello = await socket.request<{ auth: { scopes: string[] } }>(
    "connect",
    createConnectParams({ auth: { token: secret }, scopes, role: "operator", permissions: ["admin"] }),
  );
  expect(hello.auth.scopes).toEqual(["operator.read"]);
  expect((await socket.call("keys.list")).error).toMatchObject({ details: { code: "MISSING_SCOPE" } });
  const headers = { "x-openclaw-scopes": scopes.join(",") };
  expect((await request(gateway, "/v1/chat/completions", { secret, headers, body: {} })).status).toBe(403);
});

test("GHSA-m8wm-r5vq-qjpg: a revoked secret is rejected at once, on open connections too", async () => {
  const gateway = await startTestGateway();
  const old = await createKey(gateway, "ada");
  const socket = await connectWithSecret(gateway, old);
  await callAsOperator(gateway, "keys.revoke", { name: "ada" });
  expect((await socket.closed).code).toBe(1008);
  expect((await request(gateway, "/v1/models", { secret: old })).status).toBe(401);
  const renewed = await createKey(gateway, "ada");
  expect((await request(gateway, "/v1/models", { secret: old })).status).toBe(401);
  expect((await request(gateway, "/v1/models", { secret: renewed })).status).toBe(200);
});

test("origin: a page of another origin is rejected behind a trusted proxy too", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { ...chatConfig.gateway, trustedProxies: ["127.0.0.1"] } },
  });
  const headers = {
    origin: "https://evil.example",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-host": "evil.example",
    authorization: `Bearer ${token}`,
  };
  await expect(openTestSocket(gateway.url, { headers })).rejects.toThrow("403");
  const chat = await request(gateway, "/v1/chat/completions", { headers, body: createChatBody("hi") });
  expect(chat.status).toBe(403);
});

test("guesses: neither another spelling of an address nor a forged header gives more of them", async () => {
  const of = createClientAddress(createTrustedProxies({ trustedProxies: [], allowRealIpFallback: false }));
  expect(of("::ffff:192.0.2.1", {})).toBe(of("192.0.2.1", {}));
  expect(of("2001:db8::1", {})).toBe(of("2001:db8:0:0:ffff::2", {}));

  const gateway = await startTestGateway({
    config: { gateway: { auth: { rateLimit: { maxAttempts: 3 } } } },
  });
  const guess = async (address: number): Promise<number> => {
    const headers = {
      authorization: `Bearer guess-${address}`,
      "x-forwarded-for": `192.0.2.${address}`,
      "x-real-ip": `192.0.2.${address}`,
      forwarded: `for=192.0.2.${address}`,
    };
    return (await fetch(`${gateway.url}/sessions`, { headers })).status;
  };
  const statuses = [];
  for (let address = 1; address <= 5; address += 1) statuses.push(await guess(address));
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
});

test("path: a session key that looks like a path names a session, and no file", async () => {
  const gateway = await startTestGateway();
  for (const key of ["../../../../tmp/escaped-by-key", "..%2f..%2fescaped-by-key", "/etc/escaped-by-key"]) {
    const headers = { "x-openclaw-session-key": key };
    const chat = await request(gateway, "/v1/chat/completions", { headers, body: createChatBody("hi") });
    expect([key, chat.status]).toEqual([key, 200]);
    const path = `/sessions/${encodeURIComponent(key)}/history`;
    expect((await request(gateway, path)).status).toBe(200);
  }
  const names = readdirSync(gateway.stateDir, { recursive: true }).map(String);
  expect(names.filter((name) => name.includes("escaped-by-key"))).toEqual([]);
  expect(existsSync("/tmp/escaped-by-key")).toBe(false);
});

test("policy: /tools/invoke and the socket run nothing that the policy denies", async () => {
  const gateway = await startTestGateway({
    config: { gateway: { tools: { allow: ["exec"] } }, tools: { deny: ["exec"] } },
  });
  const secret = await createKey(gateway, "runner", { scopes: ["tools"] });
  const marker = join(gateway.stateDir, "was-run");
  for (const name of ["exec", "EXEC", "bash", " exec", "exec "]) {
    const response = await invoke(gateway, name, { command: `touch ${marker}` }, secret);
    expect([name, response.status]).not.toEqual([name, 200]);
  }
  const socket = await connectWithSecret(gateway, secret);
  const call = await socket.call("tools.invoke", {
    name: "exec",
    args: { command: `touch ${marker}` },
    idempotencyKey: "1",
  });
  expect(call.ok).not.toBe(true);
  expect(existsSync(marker)).toBe(false);
});
