/** Users that a real nginx signs in, with the blocks of docs/remote-access.md: they are let in, or the reason has its name. */
import { writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import {
  createTemporaryFolder,
  startTestGateway,
  token,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { documents, parseBlocks } from "../support/documents/markdown.ts";
import { findFreePort, hasProxy, startProxy, writeNginxConfig } from "../support/sockets/proxies.ts";
import { sendRawRequest } from "../support/sockets/raw-http.ts";
import { createConnectParams, openTestSocket } from "../support/sockets/socket.ts";

/** The caller's address must not be loopback: nobody but a program of the machine has such a one. */
const address = Object.values(networkInterfaces())
  .flat()
  .find((each) => each !== undefined && !each.internal && each.family === "IPv4")?.address;
if (address === undefined) console.warn("Users of nginx are not tested: there is no network interface.");

const [nginx = "", signIn = ""] = documents
  .filter(({ path }) => path === "docs/remote-access.md")
  .flatMap(parseBlocks)
  .filter(({ language }) => language === "nginx")
  .map(({ text }) => text);

type Proxy = NonNullable<NonNullable<NonNullable<ConfigInput["gateway"]>["auth"]>["trustedProxy"]>;

const withProxy = (settings: Partial<Proxy> = {}, trustedProxies = ["127.0.0.1"]): ConfigInput => ({
  gateway: {
    trustedProxies,
    auth: {
      mode: "trusted-proxy",
      trustedProxy: { userHeader: "x-forwarded-user", allowLoopback: true, ...settings },
      identityScopes: { "ada@example.org": ["operator.admin"] },
    },
    http: { allowedHosts: ["agents.example.org"], endpoints: { chatCompletions: { enabled: true } } },
  },
});

/** Returns the URL of nginx. `lines` are more lines of its `location`, and `forwardedFor` is the address that it forwards. */
async function startNginx(
  gateway: Pick<TestGateway, "url">,
  lines = signIn,
  forwardedFor = "$remote_addr",
): Promise<string> {
  const folder = createTemporaryFolder();
  const port = await findFreePort();
  const users = ["ada@example.org", "bob"].map((user) => `${user}:{PLAIN}password`);
  writeFileSync(join(folder, "users"), users.join("\n"));
  const location = lines.replace("/etc/nginx/users", join(folder, "users"));
  const blocks = nginx
    .replace("proxy_pass", `${location}\nproxy_pass`)
    .replace("X-Forwarded-For $remote_addr", () => `X-Forwarded-For ${forwardedFor}`);
  const host = address ?? "127.0.0.1";
  const upstream = new URL(gateway.url).host;
  const command = writeNginxConfig(blocks, { upstream, address: `${host}:${port}`, folder });
  await startProxy(command, { host, port, folder });
  return `http://${host}:${port}`;
}

const asUser = (user: string, more: Record<string, string> = {}): { headers: Record<string, string> } => ({
  headers: {
    authorization: `Basic ${Buffer.from(`${user}:password`).toString("base64")}`,
    host: "agents.example.org",
    ...more,
  },
});

/** `fetch` would send the host of the URL. */
async function getCode(
  url: string,
  { headers }: ReturnType<typeof asUser>,
  path = "/sessions",
): Promise<string> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const { status, text } = await sendRawRequest(url, [`GET ${path} HTTP/1.1`, ...lines, "Connection: close"]);
  if (status === 200) return "200";
  const { error } = JSON.parse(text) as { error: { code: string } };
  return `${status} ${error.code}`;
}

describe.skipIf(!hasProxy("nginx") || address === undefined)("behind nginx", () => {
  test("a user signs in there, and cannot name another", async () => {
    const gateway = await startTestGateway({ config: withProxy() });
    const url = await startNginx(gateway);
    expect((await fetch(`${url}/sessions`)).status).toBe(401);
    expect(await getCode(url, asUser("bob", { "x-forwarded-user": "ada@example.org" }))).toBe("200");
    expect(await getCode(url, asUser("bob", { "x-forwarded-user": "ada@example.org" }), "/audit")).toBe(
      "403 missing_scope",
    );
    expect(await getCode(url, asUser("ada@example.org"), "/audit")).toBe("200");
    const socket = await openTestSocket(url, asUser("bob", { "x-forwarded-for": "127.0.0.1" }));
    const hello = await socket.request("connect", createConnectParams({ auth: { token } }));
    expect(hello).toMatchObject({ snapshot: { sessionDefaults: { mainKey: "key:@bob:main" } } });
  });

  test("every reason for which a user is not let in has its name", async () => {
    const reasons: string[] = [];
    const provoke = async (
      config: ConfigInput,
      { lines = signIn, forwardedFor = "$remote_addr", host = "127.0.0.1" } = {},
    ): Promise<void> => {
      const gateway = await startTestGateway({ config, host });
      reasons.push(await getCode(await startNginx(gateway, lines, forwardedFor), asUser("bob")));
    };
    await provoke(withProxy(), { forwardedFor: "127.0.0.1" });
    await provoke(withProxy({}, ["10.9.9.9"]));
    await provoke(withProxy({ allowLoopback: false }));
    await provoke(withProxy({}, [address ?? ""]), { host: address ?? "" });
    await provoke(withProxy({ requiredHeaders: ["x-verified"] }));
    await provoke(withProxy(), { lines: 'proxy_set_header X-Forwarded-User "";' });
    await provoke(withProxy({ allowUsers: ["ada@example.org"] }));
    expect(reasons).toEqual([
      "403 proxy_attribution_required",
      "403 trusted_proxy_untrusted_source",
      "403 trusted_proxy_loopback_source",
      "403 trusted_proxy_local_interface_source",
      "403 trusted_proxy_missing_header",
      "403 trusted_proxy_user_missing",
      "403 trusted_proxy_user_not_allowed",
    ]);
  });
});
