import { expect, test } from "vitest";
import type { Claim } from "../../server/agent/sessions/idempotency.ts";
import { newStoreFile, openStore } from "../support/stores.ts";

const scope = { credential: "alice", method: "post", path: "/v1/chat/completions", key: "k1" };
const answer = { status: 200, headers: { "content-type": "application/json" }, body: '{"ok":true}' };

function mine(claim: Claim): Extract<Claim, { state: "new" }> {
  if (claim.state !== "new") throw new Error(`the claim is ${claim.state}`);
  return claim;
}

test("the first may run, others wait for it, and those who come later get its answer, also after a restart", async () => {
  const file = newStoreFile();
  const store = await openStore({ file });
  const first = mine(await store.idempotency.claim(scope, "f"));
  expect(await store.idempotency.claim(scope, "f")).toEqual({ state: "running" });
  await first.complete(answer);
  expect(await store.idempotency.claim(scope, "f")).toEqual({ state: "replay", answer });
  await store.close();
  const again = await openStore({ file });
  expect(await again.idempotency.claim(scope, "f")).toEqual({ state: "replay", answer });
});

test("of many at once exactly one may run", async () => {
  const store = await openStore();
  const claims = await Promise.all(Array.from({ length: 50 }, () => store.idempotency.claim(scope, "f")));
  expect(claims.filter(({ state }) => state === "new")).toHaveLength(1);
  expect(claims.filter(({ state }) => state === "running")).toHaveLength(49);
});

test("a key that stands for another request is told, running or done", async () => {
  const store = await openStore();
  const first = mine(await store.idempotency.claim(scope, "f"));
  expect(await store.idempotency.claim(scope, "g")).toEqual({ state: "mismatch" });
  await first.complete(answer);
  expect(await store.idempotency.claim(scope, "g")).toEqual({ state: "mismatch" });
});

test("a key means something to one credential, method and path alone", async () => {
  const store = await openStore();
  await store.idempotency.claim(scope, "f");
  const others = [{ credential: "bob" }, { method: "delete" }, { path: "/tools/invoke" }, { key: "k2" }];
  for (const other of others) {
    expect((await store.idempotency.claim({ ...scope, ...other }, "g")).state).toBe("new");
  }
});

test("what has no answer may run again: given up, or cut by a crash", async () => {
  const file = newStoreFile();
  const store = await openStore({ file });
  await mine(await store.idempotency.claim(scope, "f")).abandon();
  mine(await store.idempotency.claim(scope, "other"));
  await store.close();
  const again = await openStore({ file });
  expect((await again.idempotency.claim(scope, "f")).state).toBe("new");
});

test("after 24 hours a key is forgotten, and who still held it changes nothing", async () => {
  let now = 0;
  const store = await openStore({ clock: () => now });
  const first = mine(await store.idempotency.claim(scope, "f"));
  now += 24 * 3_600_000;
  const second = mine(await store.idempotency.claim(scope, "g"));
  await first.complete(answer);
  await first.abandon();
  expect(await store.idempotency.claim(scope, "g")).toEqual({ state: "running" });
  await second.complete(answer);
  now += 24 * 3_600_000 - 1;
  await store.sweep();
  expect((await store.idempotency.claim(scope, "g")).state).toBe("replay");
  now += 1;
  await store.sweep();
  expect((await store.idempotency.claim(scope, "h")).state).toBe("new");
});
