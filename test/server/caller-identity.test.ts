/** Who a caller is, by its headers and its address: every spelling, and what decides between two. */
import { expect, test } from "vitest";
import {
  createClientAddress,
  createTrustedProxies,
  isDirectLocal,
  isLoopbackAddress,
} from "../../server/auth/client-address.ts";
import { findUnreadCredential, readAuthorization } from "../../server/auth/read-authorization.ts";
import { createRequestLimiter } from "../../server/auth/request-limiter.ts";
import { createUserAgents } from "../../server/auth/user-agents.ts";

test("a credential is read from each header, and two different ones are an error that names both", () => {
  expect(readAuthorization({})).toBeUndefined();
  expect(readAuthorization({ authorization: "Bearer a" })).toBe("Bearer a");
  expect(readAuthorization({ "x-api-key": " a " })).toBe("Bearer a");
  expect(readAuthorization({ "api-key": "a" })).toBe("Bearer a");
  expect(readAuthorization({ authorization: "Bearer a", "x-api-key": "  " })).toBe("Bearer a");
  expect(readAuthorization({ authorization: "bearer  a", "x-api-key": "a", "api-key": "a" })).toBe(
    "Bearer a",
  );
  // Another scheme is for a proxy before the gateway.
  expect(readAuthorization({ authorization: "Basic b", "api-key": "a" })).toBe("Bearer a");
  expect(() => readAuthorization({ authorization: "Bearer a", "x-api-key": "b" })).toThrow(
    /^authorization and x-api-key have different credentials/,
  );
  expect(() => readAuthorization({ "x-api-key": "a", "api-key": "b" })).toThrow(/^x-api-key and api-key/);
});

test("x-api-key decides for clients of Anthropic's API, api-key does not", () => {
  const headers = { authorization: "Bearer other", "x-api-key": "a" };
  expect(readAuthorization(headers, true)).toBe("Bearer a");
  expect(readAuthorization({ ...headers, "anthropic-version": "2023-06-01" })).toBe("Bearer a");
  expect(() => readAuthorization({ authorization: "Bearer other", "api-key": "a" }, true)).toThrow(
    /different credentials/,
  );
});

test("a header that looks like a credential and is not read is found", () => {
  expect(findUnreadCredential({ "x-auth-token": "a" })).toBe("x-auth-token");
  expect(findUnreadCredential({ "x-goog-api-key": "a" })).toBe("x-goog-api-key");
  const others = { authorization: "a", "x-api-key": "a", "api-key": "a", "x-csrf-token": "a", accept: "a" };
  expect(findUnreadCredential(others)).toBeUndefined();
});

test("a forwarded address counts from a trusted proxy only, up to the first hop that is none", () => {
  const proxies = createTrustedProxies({
    trustedProxies: ["10.0.0.0/8", "::ffff:192.168.0.0/112", "2001:db8::1"],
    allowRealIpFallback: true,
  });
  const resolve = createClientAddress(proxies);
  const forward = (peer: string | undefined, forwarded: string): string =>
    resolve(peer, { "x-forwarded-for": forwarded });
  expect(forward("203.0.113.1", "198.51.100.1")).toBe("203.0.113.1");
  expect(forward("10.1.1.1", "1.1.1.1, 198.51.100.1")).toBe("198.51.100.1");
  expect(forward("10.1.1.1", "198.51.100.1, 10.2.2.2")).toBe("198.51.100.1");
  expect(forward("::ffff:10.1.1.1", "198.51.100.1")).toBe("198.51.100.1");
  expect(forward("192.168.7.7", "198.51.100.1")).toBe("198.51.100.1");
  expect(forward("2001:db8::1", "2001:db8:1:2:3::4")).toBe("2001:db8:1:2::/64");
  expect(forward("10.1.1.1", "198.51.100.1, not an address")).toBe("10.1.1.1");
  expect(forward("10.1.1.1", "")).toBe("10.1.1.1");
  expect(forward(undefined, "198.51.100.1")).toBe("");
  expect(resolve("10.1.1.1", { "x-real-ip": " 198.51.100.7 " })).toBe("198.51.100.7");
  expect(resolve("10.1.1.1", {})).toBe("10.1.1.1");
  // More addresses than are remembered.
  for (let number = 0; number < 1_500; number += 1) forward(`203.0.${number >> 8}.${number & 255}`, "");
  expect(forward("::ffff:203.0.113.9", "")).toBe("203.0.113.9");
});

test("a request is local without headers of a proxy only", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].every(isLoopbackAddress)).toBe(true);
  expect(["10.0.0.1", "::2", "", "localhost"].some(isLoopbackAddress)).toBe(false);
  expect([isDirectLocal("::1", {}), isDirectLocal("10.0.0.1", {}), isDirectLocal(undefined, {})]).toEqual([
    true,
    false,
    false,
  ]);
  for (const name of ["forwarded", "x-real-ip", "x-forwarded-for", "x-forwarded-proto"])
    expect(isDirectLocal("127.0.0.1", { [name]: "" })).toBe(false);
});

test("a limit counts the requests of any minute, and says what is left and when all is there again", () => {
  let now = 1_000_000;
  const limiter = createRequestLimiter(2, () => now, "calls");
  expect(limiter.read()).toEqual({ limit: 2, remaining: 2, resetAt: now });
  limiter.count();
  now += 20_000;
  limiter.count();
  const resetAt = now + 60_000;
  expect(limiter.read()).toEqual({ limit: 2, remaining: 0, resetAt });
  const limit = { limit: 2, remaining: 0, resetAt };
  for (let attempt = 0; attempt < 3; attempt += 1)
    expect(limiter.count).toThrow(
      expect.objectContaining({ code: "too_many_requests", retryAfterSeconds: 40, requestLimit: limit }),
    );
  // What is rejected is not counted.
  now += 40_000;
  expect(limiter.read().remaining).toBe(1);
  limiter.count();
});

test("an older token of a user does not bring back agents that a newer one has taken", () => {
  const users = createUserAgents();
  expect(users.of("@ada")).toEqual([]);
  users.set("ada", ["main", "coder"], 10);
  users.set("ada", ["main"], 20);
  expect(() => users.set("ada", ["main", "coder"], 10)).toThrow(/A newer token/);
  // The same agents are no contradiction, and do not make the newer token old.
  users.set("ada", ["main"], 15);
  expect(() => users.set("ada", ["coder"], 19)).toThrow(/A newer token/);
  users.set("ada", ["coder"], 20);
  expect(users.of("@ada")).toEqual(["coder"]);
  // At most 10,000 users are remembered. The first one is forgotten, and takes any agents again.
  for (let number = 0; number < 10_000; number += 1) users.set(`user-${number}`, ["main"], 1);
  expect(users.of("@ada")).toEqual([]);
  users.set("ada", ["main", "coder"], 10);
});
