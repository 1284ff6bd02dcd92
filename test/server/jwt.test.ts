/** Tokens of an issuer. */
import { SignJWT, UnsecuredJWT } from "jose";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { chatConfig, startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { connectWithSecret, createKey, request } from "../support/gateway/keys.ts";
import {
  audience,
  issuerName,
  startTokenIssuer,
  type TokenIssuer,
} from "../support/providers/token-issuer.ts";

type Jwt = NonNullable<NonNullable<NonNullable<ConfigInput["gateway"]>["auth"]>["jwt"]>;

const withIssuer = ({ jwksUri }: TokenIssuer, jwt: Partial<Jwt> = {}): ConfigInput => ({
  agents: { list: [{ id: "main" }, { id: "coder" }] },
  gateway: {
    ...chatConfig.gateway,
    auth: { mode: "jwt", jwt: { issuer: issuerName, audience, jwksUri, ...jwt } },
  },
});

async function call(
  gateway: Pick<TestGateway, "url">,
  secret: string,
  path = "/sessions",
  headers = {},
): Promise<{
  readonly status: number;
  readonly message: string | undefined;
  readonly code: string | undefined;
}> {
  const response = await request(gateway, path, { secret, headers });
  const { error } = (await response.json()) as { error?: { message: string; code: string } };
  return { status: response.status, message: error?.message, code: error?.code };
}

test.each(["RS256", "ES256", "EdDSA"] as const)(
  "a token signed with %s names a user, who reads and writes",
  async (algorithm) => {
    const issuer = await startTokenIssuer(algorithm);
    const gateway = await startTestGateway({ config: withIssuer(issuer) });
    const ada = await issuer.sign("ada|1");
    expect(await call(gateway, ada)).toMatchObject({ status: 200 });
    expect(await call(gateway, ada, "/audit")).toMatchObject({ status: 403, code: "missing_scope" });
    const anthropic = await fetch(`${gateway.url}/v1/models`, {
      headers: { "x-api-key": ada, "anthropic-version": "2023-06-01" },
    });
    expect(anthropic.status).toBe(200);
    const socket = await connectWithSecret(gateway, ada);
    const { sessions } = await socket.request<{ sessions: unknown[] }>("sessions.list");
    expect(sessions).toEqual([]);
    expect(issuer.countFetches()).toBe(1);
  },
);

test("a token that is not for this gateway is rejected, and the message says why", async () => {
  const issuer = await startTokenIssuer();
  const gateway = await startTestGateway({
    config: { ...withIssuer(issuer), gateway: { ...withIssuer(issuer).gateway } },
  });
  const problemOf = async (secret: string): Promise<string | undefined> => {
    const { status, message } = await call(gateway, secret);
    expect(status).toBe(401);
    return message?.replace("The token is not accepted: ", "");
  };
  expect(await problemOf(await issuer.sign("ada", { issuer: "https://other.test" }))).toContain("claim iss");
  expect(await problemOf(await issuer.sign("ada", { audience: "others" }))).toContain("claim aud");
  expect(await problemOf(await issuer.sign("ada", { expiresIn: -31 }))).toContain("expired");
  expect(await problemOf(await issuer.sign("ada", { notBeforeIn: 40 }))).toContain("claim nbf");
  expect(await problemOf(await issuer.sign(""))).toContain("no claim sub");
  expect(await problemOf("not.a.token")).toContain("not a valid token");
  const other = await startTokenIssuer();
  expect(await problemOf(await other.sign("ada"))).toContain("signature");

  const unsigned = new UnsecuredJWT({}).setSubject("ada").setIssuer(issuerName).setAudience(audience);
  expect(await problemOf(`${unsigned.setExpirationTime("1h").encode()}x`)).toContain("not");
  const symmetric = new SignJWT({}).setProtectedHeader({ alg: "HS256", kid: "key-1" }).setSubject("ada");
  expect(await problemOf(await symmetric.sign(Buffer.alloc(32)))).toContain("algorithm");
  const [header = "", , signature = ""] = (await issuer.sign("ada")).split(".");
  const forged = Buffer.from(JSON.stringify({ sub: "root", iss: issuerName, aud: audience, exp: 9e9 }));
  expect(await problemOf(`${header}.${forged.toString("base64url")}.${signature}`)).toContain("signature");
  expect(await call(gateway, await issuer.sign("ada"))).toMatchObject({ status: 200 });
});

test("clocks may differ by the tolerance, and a token may be for one audience of several", async () => {
  const issuer = await startTokenIssuer();
  const gateway = await startTestGateway({
    config: withIssuer(issuer, { clockToleranceSeconds: 60, audience: ["others", audience] }),
  });
  expect(await call(gateway, await issuer.sign("ada", { expiresIn: -30 }))).toMatchObject({ status: 200 });
  expect(await call(gateway, await issuer.sign("ada", { notBeforeIn: 30 }))).toMatchObject({ status: 200 });
});

test("a rotated key is found, and the old one is not accepted any more", async () => {
  const issuer = await startTokenIssuer();
  const gateway = await startTestGateway({ config: withIssuer(issuer) });
  const before = await issuer.sign("ada");
  expect(await call(gateway, before)).toMatchObject({ status: 200 });
  await issuer.rotate("ES256");
  const after = await issuer.sign("ada");
  await expect.poll(async () => (await call(gateway, after)).status, { interval: 1_000 }).toBe(200);
  expect(await call(gateway, before)).toMatchObject({ status: 401 });
  // Each unknown key is looked up, and not each time.
  expect(issuer.countFetches()).toBe(2);
});

test("while the issuer does not answer, known keys work, and unknown ones are no wrong credentials", async () => {
  const issuer = await startTokenIssuer();
  issuer.setUp(false);
  const gateway = await startTestGateway({ config: withIssuer(issuer) });
  const ada = await issuer.sign("ada");
  expect(await call(gateway, ada)).toMatchObject({ status: 503, code: "issuer_unavailable" });
  issuer.setUp(true);
  expect(await call(gateway, ada)).toMatchObject({ status: 200 });
  issuer.setUp(false);
  expect(await call(gateway, ada)).toMatchObject({ status: 200 });
  expect(gateway.log.join("\n")).toContain("the keys of the issuer cannot be fetched");
});

test("claims give scopes and agents; the newest token of a user decides about the agents", async () => {
  const issuer = await startTokenIssuer();
  const config = withIssuer(issuer, { scopesClaim: "scope", agentsClaim: "agents", principalClaim: "email" });
  const gateway = await startTestGateway({ config });
  const sign = (payload: object, issuedIn = 0): Promise<string> =>
    issuer.sign("1", { payload: { email: "ada@example.org", ...payload }, issuedIn });
  const agentsOf = async (secret: string): Promise<readonly string[]> => {
    const response = await request(gateway, "/v1/models", { secret });
    const { data } = (await response.json()) as { data: readonly { id: string }[] };
    return data.map(({ id }) => id).filter((id) => id.startsWith("openclaw:"));
  };
  const both = await sign({ agents: ["main", "Coder"] }, -10);
  expect(await agentsOf(both)).toEqual(["openclaw:main", "openclaw:coder"]);
  const narrow = await sign({ agents: "coder", scope: "openid operator.read operator.admin" });
  expect(await agentsOf(narrow)).toEqual(["openclaw:coder"]);
  expect(await call(gateway, narrow, "/audit")).toMatchObject({ status: 403 });
  expect(await call(gateway, both)).toMatchObject({
    status: 401,
    message: expect.stringContaining("newer token"),
  });
  expect(await agentsOf(await sign({}, 10))).toEqual([]);
  expect(await call(gateway, await sign({ scope: "openid" }, 20))).toMatchObject({ status: 403 });
  expect(await call(gateway, await sign({ scope: ["operator.read"] }, 21))).toMatchObject({ status: 200 });
  // Claims of another type grant nothing.
  expect(await call(gateway, await sign({ scope: { "operator.read": true } }, 22))).toMatchObject({
    status: 403,
  });
  expect(await agentsOf(await sign({ agents: { main: true } }, 23))).toEqual([]);
  expect(await agentsOf(await sign({ agents: [7, null, "main"] }, 24))).toEqual(["openclaw:main"]);
});

test("a token without a claim of agents may use all of them, and its scopes may be an administrator's", async () => {
  const issuer = await startTokenIssuer();
  const gateway = await startTestGateway({ config: withIssuer(issuer, { scopesClaim: "permissions" }) });
  const root = await issuer.sign("root", { payload: { permissions: ["operator.admin"] } });
  expect(await call(gateway, root, "/audit")).toMatchObject({ status: 200 });
  const { data } = (await (await request(gateway, "/v1/models", { secret: root })).json()) as {
    data: unknown[];
  };
  expect(data.length).toBeGreaterThan(2);
});

test("keys work beside tokens, and the gateway's own secret on this machine only", async () => {
  const issuer = await startTokenIssuer();
  const gateway = await startTestGateway({ config: withIssuer(issuer) });
  const key = await createKey(gateway, "ci", { scopes: ["operator.read"] });
  const forwarded = { "x-forwarded-for": "203.0.113.7" };
  expect(await call(gateway, key, "/sessions", forwarded)).toMatchObject({ status: 200 });
  expect(await call(gateway, token)).toMatchObject({ status: 200 });
  expect(await call(gateway, token, "/sessions", forwarded)).toMatchObject({ status: 401 });
  for (let count = 0; count < 10; count += 1)
    await call(gateway, await issuer.sign("ada", { audience: "x" }));
  expect(await call(gateway, await issuer.sign("ada", { audience: "x" }))).toMatchObject({ status: 429 });
  expect(await call(gateway, await issuer.sign("ada"))).toMatchObject({ status: 200 });
});

test("a socket closes when its token expires, and when the rules change", async () => {
  const issuer = await startTokenIssuer();
  const gateway = await startTestGateway({ config: withIssuer(issuer, { clockToleranceSeconds: 0 }) });
  const short = await connectWithSecret(gateway, await issuer.sign("ada", { expiresIn: 2 }));
  expect(await short.closed).toMatchObject({ code: 1008, reason: expect.stringContaining("expired") });
  const long = await connectWithSecret(gateway, await issuer.sign("ada"));
  gateway.reload(withIssuer(issuer, { audience: "others" }));
  expect((await long.closed).code).toBe(1008);
  expect(await call(gateway, await issuer.sign("ada"))).toMatchObject({ status: 401 });
});
