/** The caches of the credential checks are bounded: they drop their oldest entries, and the results stay correct. */
import { Socket } from "node:net";
import { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { signInCodeMs } from "../../contracts/socket/sign-in-code.ts";
import { checkHost, checkOrigin } from "../../server/auth/check-headers.ts";
import { createClientAddress, createTrustedProxies } from "../../server/auth/client-address.ts";
import { maxAddresses } from "../../server/auth/failure-limiter.ts";
import { createFailureReport } from "../../server/auth/failure-report.ts";
import { createSecretCheck, hashSecret, createOperatorCredential } from "../../server/auth/secret-check.ts";
import { createSharedFailureLimiter } from "../../server/auth/shared-failure-limiter.ts";
import { createSignInCodes } from "../../server/auth/sign-in-codes.ts";
import { createUserAgents } from "../../server/auth/user-agents.ts";
import { createLive } from "../../server/lib/live.ts";
import type { RateStore } from "../../server/lib/rate-store.ts";

const range = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

test("a sign-in code works once, within its minute, and a hundred newer ones replace it", () => {
  let now = 0;
  const codes = createSignInCodes(() => now);
  const { code: used } = codes.create("a");
  expect([codes.take(used), codes.take(used)]).toEqual(["a", undefined]);
  const { code: expired } = codes.create("b");
  now += signInCodeMs;
  expect(codes.take(expired)).toBeUndefined();
  const { code: oldest } = codes.create("c");
  const { code: kept } = codes.create("d");
  for (const index of range(99)) codes.create(`other ${index}`);
  expect([codes.take(oldest), codes.take(kept)]).toEqual([undefined, "d"]);
});

test("addresses are normalised the same after more than a thousand others", () => {
  const settings = { trustedProxies: ["10.0.0.1"], allowRealIpFallback: false };
  const resolve = createClientAddress(createTrustedProxies(settings));
  for (const index of range(1_100))
    expect(resolve(`::ffff:192.0.${index >> 8}.${index & 255}`, {})).toBe(
      `192.0.${index >> 8}.${index & 255}`,
    );
  expect(resolve("::ffff:192.0.0.0", {})).toBe("192.0.0.0");
  expect(resolve(undefined, {})).toBe("");
});

test("failures of addresses after the first thousand share one log line", async () => {
  const lines: unknown[] = [];
  const ignore = (): void => {};
  const warn = (_message: string, fields: unknown): void => void lines.push(fields);
  const report = createFailureReport({ debug: ignore, info: ignore, error: ignore, warn });
  for (const index of range(1_003)) report.add({ address: `address ${index}`, route: "GET /x" }, false);
  await expect.poll(() => lines.length).toBe(1_001);
  expect(lines).toContainEqual(expect.objectContaining({ address: "others", count: 3 }));
});

test("a secret whose digest is no longer cached is found", () => {
  const keys = new Map(
    range(150).map((index) => {
      const credential = { ...createOperatorCredential([]), name: `key ${index}` };
      return [hashSecret(`secret ${index}`).toString("hex"), credential];
    }),
  );
  const secrets = createSecretCheck("operator's", (digest) => keys.get(digest.toString("hex")));
  for (const round of [0, 1])
    for (const index of range(150))
      expect([round, secrets.find(`secret ${index}`)?.credential.name]).toEqual([round, `key ${index}`]);
  const before = secrets.find("operator's")?.credential;
  secrets.replaceSecret("operator's");
  expect(before?.replaced?.aborted).toBe(false);
  secrets.replaceSecret("another");
  expect([before?.replaced?.aborted, secrets.find("operator's")]).toEqual([true, undefined]);
});

test("the agents of ten thousand users are kept, and the oldest are dropped", () => {
  const agents = createUserAgents();
  agents.set("ada", ["main"], 1);
  expect([agents.of("@ada"), agents.of("@bob")]).toEqual([["main"], []]);
  for (const index of range(10_000)) agents.set(`user${index}`, ["coder"], 1);
  expect([agents.of("@ada"), agents.of("@user9999")]).toEqual([[], ["coder"]]);
});

test("a lockout of all nodes needs no query, until more addresses than the bound follow", async () => {
  const queried: string[] = [];
  const store: Pick<RateStore, "addFailures"> = {
    addFailures(failures) {
      queried.push(...failures.map(({ name }) => name));
      return Promise.resolve(failures.map(({ name }) => ({ name, count: 5, lockedMs: 60_000 })));
    },
  };
  const limits = { maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000, exemptLoopback: true };
  const limiter = createSharedFailureLimiter(createLive(limits), {
    store: { ...store, take: () => Promise.reject(new Error("not used")) },
    prefix: "",
    clock: () => 0,
    report: () => {},
  });
  const fail = async (address: string, isLocal = false): Promise<void> =>
    limiter.countFailure({ address, route: "GET /x", isLocal });
  await fail("127.0.0.1", true);
  for (const _ of [0, 1]) await expect(fail("first")).rejects.toMatchObject({ retryAfterSeconds: 60 });
  expect(queried).toEqual(["first"]);
  await Promise.allSettled(range(maxAddresses).map((index) => fail(`address ${index}`)));
  await expect(fail("first")).rejects.toMatchObject({ code: "too_many_failed_credentials" });
  expect(queried.filter((name) => name === "first")).toHaveLength(2);
});

test("a request without `Host` matches no origin of this gateway", () => {
  const rules = { loopback: true, allowedHosts: [], allowedOrigins: [] };
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: "POST", httpVersion: "1.1", headers: { origin: "http://127.0.0.1" } });
  expect(() => checkHost(request, rules)).toThrow("not a host name");
  expect(() => checkOrigin(request, rules)).toThrow("may not use this gateway");
  request.httpVersion = "1.0";
  expect(() => checkHost(request, rules)).not.toThrow();
});
