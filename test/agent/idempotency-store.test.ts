import { expect, test } from "vitest";
import type { Claim } from "../../server/agent/sessions/idempotency.ts";
import { createStorePath, openStore } from "../support/runs/stores.ts";

const scope = { credential: "alice", method: "post", path: "/v1/chat/completions", key: "k1" };
const result = { status: 200, headers: { "content-type": "application/json" }, body: '{"ok":true}' };

function requireClaim(claim: Claim): Extract<Claim, { state: "new" }> {
  if (claim.state !== "new") throw new Error(`the claim is ${claim.state}`);
  return claim;
}

test("the first request runs, others wait, and later ones get its result, also after a restart", async () => {
  const file = createStorePath();
  const store = await openStore({ file });
  const first = requireClaim(await store.idempotency.claim(scope, "f"));
  expect(await store.idempotency.claim(scope, "f")).toEqual({ state: "running" });
  await first.complete(result);
  expect(await store.idempotency.claim(scope, "f")).toEqual({ state: "replay", result });
  await store.close();
  const reopened = await openStore({ file });
  expect(await reopened.idempotency.claim(scope, "f")).toEqual({ state: "replay", result });
});

test("of many concurrent requests exactly one runs", async () => {
  const store = await openStore();
  const claims = await Promise.all(Array.from({ length: 50 }, () => store.idempotency.claim(scope, "f")));
  expect(claims.filter(({ state }) => state === "new")).toHaveLength(1);
  expect(claims.filter(({ state }) => state === "running")).toHaveLength(49);
});

test("a key of a different request is a mismatch, while that runs and afterwards", async () => {
  const store = await openStore();
  const first = requireClaim(await store.idempotency.claim(scope, "f"));
  expect(await store.idempotency.claim(scope, "g")).toEqual({ state: "mismatch" });
  await first.complete(result);
  expect(await store.idempotency.claim(scope, "g")).toEqual({ state: "mismatch" });
});

test("a key is valid for one credential, method and path only", async () => {
  const store = await openStore();
  await store.idempotency.claim(scope, "f");
  const others = [{ credential: "bob" }, { method: "delete" }, { path: "/tools/invoke" }, { key: "k2" }];
  for (const other of others) {
    expect((await store.idempotency.claim({ ...scope, ...other }, "g")).state).toBe("new");
  }
});

test("a request without a result can run again, after a release or a crash", async () => {
  const file = createStorePath();
  const store = await openStore({ file });
  await requireClaim(await store.idempotency.claim(scope, "f")).release();
  requireClaim(await store.idempotency.claim(scope, "other"));
  await store.close();
  const reopened = await openStore({ file });
  expect((await reopened.idempotency.claim(scope, "f")).state).toBe("new");
});

test("a key expires after 24 hours, and its old claim has no effect any more", async () => {
  let now = 0;
  const store = await openStore({ clock: () => now });
  const first = requireClaim(await store.idempotency.claim(scope, "f"));
  now += 24 * 3_600_000;
  const second = requireClaim(await store.idempotency.claim(scope, "g"));
  await first.complete(result);
  await first.release();
  expect(await store.idempotency.claim(scope, "g")).toEqual({ state: "running" });
  await second.complete(result);
  now += 24 * 3_600_000 - 1;
  await store.cleanUp();
  expect((await store.idempotency.claim(scope, "g")).state).toBe("replay");
  now += 1;
  await store.cleanUp();
  expect((await store.idempotency.claim(scope, "h")).state).toBe("new");
});
