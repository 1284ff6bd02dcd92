import { expect, test } from "vitest";
import { createClientAddress, createTrustedProxies } from "../../server/auth/client-address.ts";
import { createFailureLimiter } from "../../server/auth/failure-limiter.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { createLive } from "../../server/lib/live.ts";
import { createChatBody, chatConfig, startTestGateway, token } from "../support/gateway/gateway.ts";
import { openRawConnection, formatRequest, sendRawRequest } from "../support/sockets/raw-http.ts";
import { readRunLines } from "../support/gateway/run-log.ts";

const host = "Host: 127.0.0.1";

test.each([
  ["nothing", []],
  ["an empty header", ["Authorization:"]],
  ["the scheme alone", ["Authorization: Bearer"]],
  ["the token without a scheme", [`Authorization: ${token}`]],
  ["another scheme", [`Authorization: Basic ${Buffer.from(`x:${token}`).toString("base64")}`]],
  ["a wrong token", ["Authorization: Bearer wrong"]],
  ["a beginning of the token", [`Authorization: Bearer ${token.slice(0, -1)}`]],
  ["more than the token", [`Authorization: Bearer ${token}0`]],
  ["the token twice", [`Authorization: Bearer ${token} ${token}`]],
  ["the token in other letters", [`Authorization: Bearer ${token.toUpperCase()}`]],
  [
    "other headers",
    [`X-Auth-Token: ${token}`, `Cookie: token=${token}`, `Proxy-Authorization: Bearer ${token}`],
  ],
])("%s is 401", async (_, headers) => {
  const { url } = await startTestGateway();
  const response = await sendRawRequest(url, ["GET /v1/models HTTP/1.1", host, ...headers]);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe("Bearer");
  expect(JSON.parse(response.text)).toMatchObject({
    error: { type: "authentication_error", code: "invalid_api_key", param: null },
  });
  expect(response.text).not.toContain(token.slice(0, 10));
});

test.each(["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "])(
  "the scheme may be spelled %j",
  async (scheme) => {
    const { url } = await startTestGateway();
    const response = await sendRawRequest(url, [
      "GET /v1/models HTTP/1.1",
      host,
      `Authorization: ${scheme} ${token} `,
    ]);
    expect(response.status).toBe(200);
  },
);

test("a credential in the query string is ignored", async () => {
  const { url } = await startTestGateway();
  for (const name of ["token", "access_token", "api_key", "key", "authorization"]) {
    expect((await fetch(`${url}/v1/models?${name}=${token}`)).status).toBe(401);
  }
});

test.each(["p@ss w:rd;=,\"'\\", "Bearer Bearer", "pässwörd und mehr", "密码密码密码密码", "$(id)`x`"])(
  "the password %s is a bearer like any other",
  async (password) => {
    const { url } = await startTestGateway({ secret: password });
    const connection = await openRawConnection(url);
    connection.send(
      Buffer.from(formatRequest(["GET /v1/models HTTP/1.1", host, `Authorization: Bearer ${password}`])),
    );
    expect((await connection.readResponse()).status).toBe(200);
  },
);

test("a password that fetch can only send as Latin-1 is accepted too", async () => {
  const { url } = await startTestGateway({ secret: "pässwörd und mehr" });
  const headers = { authorization: "Bearer pässwörd und mehr" };
  expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
});

test("without a secret no credential is required", async () => {
  const { url } = await startTestGateway({ secret: undefined });
  expect((await fetch(`${url}/v1/models`)).status).toBe(200);
});

test("only public endpoints reply without a credential", async () => {
  const { url } = await startTestGateway();
  for (const path of ["/healthz", "/readyz", "/openapi.yaml", "/openapi.json"]) {
    expect((await fetch(url + path)).status).toBe(200);
  }
  for (const path of ["/v1/models", "/v1/models/openclaw", "/v1/models/x%2Fy"]) {
    expect((await fetch(url + path)).status).toBe(401);
  }
});

const body = JSON.stringify(createChatBody("say anything"));
const post = ["Content-Type: application/json", `Content-Length: ${body.length}`];

test.each([
  ["GET //v1/models", 404],
  ["GET /V1/MODELS", 404],
  ["GET /v1/mod%65ls", 404],
  ["GET /%76%31/models", 404],
  ["GET http://evil.example/v1/models", 401],
  ["GET http://127.0.0.1/v1/models", 401],
  ["GET /healthz/../v1/models", 404],
  ["GET /./v1/models", 404],
  ["GET /v1/models/..%2f", 401],
  ["GET /v1/models/%2e%2e", 401],
  ["GET /v1/models;x", 404],
  ["GET /v1/models;/healthz", 404],
  ["GET /v1/models/", 401],
  ["GET /v1/models?/healthz", 401],
  ["GET /v1/models%00", 404],
  ["GET /v1/models\\", 404],
  ["GET /v1/models#/healthz", 401],
  ["GET v1/models", 400],
  ["GET *", 404],
  ["OPTIONS *", 404],
  ["POST //v1/chat/completions", 404],
  ["POST /v1/chat/completions/", 401],
  ["POST /v1/chat/completions//", 404],
  ["POST /v1/chat/completions%20", 404],
  ["POST /v1/chat//completions", 404],
  ["POST /V1/chat/completions", 404],
  ["POST http://[::1]/v1/chat/completions", 401],
])("%s without a credential reaches no handler", async (request, status) => {
  const { url, log } = await startTestGateway();
  const posts = request.startsWith("POST");
  const response = await sendRawRequest(
    url,
    [`${request} HTTP/1.1`, host, ...(posts ? post : [])],
    posts ? body : "",
  );
  expect(response.status).toBe(status);
  expect(readRunLines(log)).toEqual([]);
});

test("headers that override the method or the path are ignored", async () => {
  const { url } = await startTestGateway();
  const lies = [
    "X-HTTP-Method-Override: GET",
    "X-Original-URL: /healthz",
    "X-Rewrite-URL: /healthz",
    "X-Forwarded-Prefix: /healthz",
  ];
  expect((await sendRawRequest(url, ["GET /v1/models HTTP/1.1", host, ...lies])).status).toBe(401);
  expect(
    (await sendRawRequest(url, ["GET /v1/models HTTP/1.1", host, "X-Forwarded-For: 127.0.0.1"])).status,
  ).toBe(401);
});

async function attempt(url: string, credential: string, forwardedFor?: string): Promise<Response> {
  const headers = {
    authorization: `Bearer ${credential}`,
    ...(forwardedFor && { "x-forwarded-for": forwardedFor }),
  };
  return fetch(`${url}/v1/models`, { headers });
}

test("the eleventh wrong credential within a minute is 429, and a valid one is still accepted", async () => {
  const { url } = await startTestGateway();
  for (let i = 0; i < 10; i++) expect((await attempt(url, `wrong ${i}`)).status).toBe(401);
  const rejected = await attempt(url, "wrong");
  expect(rejected.status).toBe(429);
  expect(Number(rejected.headers.get("retry-after"))).toBeGreaterThan(50);
  expect(Number(rejected.headers.get("retry-after"))).toBeLessThanOrEqual(60);
  expect(await rejected.json()).toMatchObject({ error: { code: "too_many_failed_credentials" } });
  expect((await attempt(url, token)).status).toBe(200);
  expect((await attempt(url, "wrong")).status).toBe(429);
  expect((await fetch(`${url}/v1/models`)).status).toBe(401);
});

test("with exemptLoopback programs of this machine are never locked out, but pages and proxies are", async () => {
  const auth = { rateLimit: { maxAttempts: 1, exemptLoopback: true } };
  const config = { gateway: { ...chatConfig.gateway, auth, trustedProxies: ["127.0.0.1"] } };
  const { url } = await startTestGateway({ config });
  const fail = async (headers = {}): Promise<number> => {
    const all = { authorization: "Bearer wrong", ...headers };
    return (await fetch(`${url}/v1/models`, { headers: all })).status;
  };
  expect([await fail(), await fail(), await fail()]).toEqual([401, 401, 401]);
  const forwarded = { "x-forwarded-for": "127.0.0.1" };
  expect([await fail(forwarded), await fail(forwarded)]).toEqual([401, 429]);
  expect([await fail({ origin: url }), await fail()]).toEqual([429, 401]);
});

test("wrong credentials sent side by side count one by one", async () => {
  const { url } = await startTestGateway();
  const statuses = await Promise.all(
    Array.from({ length: 30 }, async () => (await attempt(url, "wrong")).status),
  );
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(20);
});

test("behind a trusted proxy every client address is counted separately", async () => {
  const config = { gateway: { ...chatConfig.gateway, trustedProxies: ["127.0.0.0/8"] } };
  const { url } = await startTestGateway({ config });
  for (let i = 0; i < 10; i++) await attempt(url, "wrong", "203.0.113.7");
  expect((await attempt(url, "wrong", "203.0.113.7")).status).toBe(429);
  expect((await attempt(url, "wrong", "198.51.100.1, 203.0.113.7")).status).toBe(429);
  expect((await attempt(url, "wrong", "203.0.113.8")).status).toBe(401);
  expect((await attempt(url, token, "203.0.113.7")).status).toBe(200);
});

test("without a trusted proxy a client cannot choose its address", async () => {
  const { url } = await startTestGateway();
  for (let i = 0; i < 10; i++) await attempt(url, "wrong", `203.0.113.${i}`);
  expect((await attempt(url, "wrong", "203.0.113.99")).status).toBe(429);
});

test("an IPv4 address in IPv6 is the IPv4 address", () => {
  const resolveAddress = createClientAddress(
    createTrustedProxies({ trustedProxies: [], allowRealIpFallback: false }),
  );
  expect(resolveAddress("::ffff:192.0.2.1", {})).toBe("192.0.2.1");
  expect(resolveAddress("::FFFF:c000:201", {})).toBe("192.0.2.1");
});

test("the addresses of one IPv6 /64 are one", () => {
  const resolveAddress = createClientAddress(
    createTrustedProxies({ trustedProxies: [], allowRealIpFallback: false }),
  );
  expect(resolveAddress("2001:db8:1:2::1", {})).toBe(
    resolveAddress("2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", {}),
  );
  expect(resolveAddress("2001:db8:1:2::1", {})).not.toBe(resolveAddress("2001:db8:1:3::1", {}));
});

test("X-Forwarded-For is read from the right, as far as the proxies are trusted", () => {
  const resolveAddress = createClientAddress(
    createTrustedProxies({ trustedProxies: ["10.0.0.0/8", "2001:db8::1"], allowRealIpFallback: false }),
  );
  const from = (peer: string, forwarded: string): string =>
    resolveAddress(peer, { "x-forwarded-for": forwarded });
  expect(from("10.0.0.1", "1.1.1.1, 2.2.2.2")).toBe("2.2.2.2");
  expect(from("::ffff:10.0.0.1", "1.1.1.1, 2.2.2.2, 10.0.0.2")).toBe("2.2.2.2");
  expect(from("2001:db8::1", "2.2.2.2")).toBe("2.2.2.2");
  expect(from("9.9.9.9", "1.1.1.1")).toBe("9.9.9.9");
  expect(from("10.0.0.1", "1.1.1.1, nonsense")).toBe("10.0.0.1");
  expect(from("10.0.0.1", "")).toBe("10.0.0.1");
});

const limits = createLive({ maxAttempts: 2, windowMs: 60_000, lockoutMs: 30_000, exemptLoopback: false });

/** Returns 401 or 429: the result of one more failure at this second. */
function limiter() {
  let now = 0;
  const failures = createFailureLimiter(limits, () => now);
  return (second: number, address = "a"): number => {
    now = second * 1000;
    try {
      void failures.countFailure({ address, route: "GET /sessions" });
      return 401;
    } catch (error) {
      if (error instanceof GatewayError && error.code === "too_many_failed_credentials") return 429;
      throw error;
    }
  };
}

test("the lockout ends, and the count restarts with the next window", () => {
  const fail = limiter();
  expect([fail(0), fail(40), fail(59), fail(61), fail(88)]).toEqual([401, 401, 429, 429, 429]);
  expect([fail(89), fail(90), fail(91)]).toEqual([401, 401, 429]);
});

test("failures that are spread over time are never locked out", () => {
  const fail = limiter();
  expect(Array.from({ length: 20 }, (_, index) => fail(index * 31))).toEqual(Array(20).fill(401));
});

test("ten thousand other addresses push the oldest out: the memory is bounded, the newest stay", () => {
  const fail = limiter();
  for (let i = 0; i < 3; i++) fail(0, "victim");
  expect(fail(1, "victim")).toBe(429);
  for (let i = 0; i < 9_999; i++) fail(2, `other ${i}`);
  expect(fail(3, "victim")).toBe(429);
  for (let i = 0; i < 10_000; i++) fail(4, `another ${i}`);
  expect(fail(5, "victim")).toBe(401);
});
