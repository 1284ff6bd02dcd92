/** The key manager with a store that fails, is full, or is written too often. */
import { expect, onTestFinished, test } from "vitest";
import type { KeyStore, StoredKey } from "../../server/lib/key-store.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { hashSecret } from "../../server/auth/secret-check.ts";
import { openKeyManager, randomSecret, type KeyManager } from "../../server/auth/key-manager.ts";

const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const keyRequest = {
  scopes: ["operator.write"] as const,
  agents: undefined,
  ttlMs: undefined,
  requestsPerMinute: undefined,
};

interface Rig {
  readonly keys: KeyManager;
  readonly rows: Map<string, StoredKey>;
  readonly touchTimes: number[];
  readonly revokedKeys: string[];
  /** The store waits for it before it lists the keys. */
  beforeList: Promise<void>;
  isStoreBroken: boolean;
  now: number;
}

async function start(rows = new Map<string, StoredKey>()): Promise<Rig> {
  const failure = new GatewayError("storage_unavailable", "The disk is full.");
  const runUnlessBroken = async <T>(operation: () => T | Promise<T>): Promise<T> => {
    if (rig.isStoreBroken) throw failure;
    return operation();
  };
  /** A change is reported before it is acknowledged, as when the message of another node overtakes the answer of the store. */
  const change = async <T>(operation: () => T): Promise<T> => {
    const result = await runUnlessBroken(operation);
    onChange();
    await new Promise(setImmediate);
    return result;
  };
  let onChange = (): void => {};
  const store: KeyStore = {
    list: () => runUnlessBroken(() => rig.beforeList.then(() => [...rows.values()])),
    add: (key) => change(() => !rows.has(key.name) && rows.set(key.name, key).size > 0),
    remove: (name) => change(() => void rows.delete(name)),
    subscribe(listener) {
      onChange = listener;
      return () => {};
    },
    touch: (_name, at) => runUnlessBroken(() => void rig.touchTimes.push(at)),
  };
  const revokedKeys: string[] = [];
  const beforeList = Promise.resolve();
  const rig = { rows, touchTimes: [] as number[], revokedKeys, beforeList, isStoreBroken: false, now: 0 };
  const onRevoked = (name: string): void => void revokedKeys.push(name);
  const keys = await openKeyManager({
    store,
    clock: () => rig.now,
    newSecret: randomSecret,
    onRevoked,
    log: silentLog,
  });
  onTestFinished(keys.close);
  return Object.assign(rig, { keys });
}

test("a key that cannot be deleted is rejected all the same, and can be revoked again", async () => {
  const rig = await start();
  const { secret } = await rig.keys.create({ ...keyRequest, name: "ada" });
  const credential = rig.keys.find(hashSecret(secret));
  rig.isStoreBroken = true;
  await expect(rig.keys.revoke("ada")).rejects.toMatchObject({ code: "storage_unavailable" });
  expect([credential?.revoked.aborted, rig.keys.find(hashSecret(secret)), rig.revokedKeys]).toEqual([
    true,
    undefined,
    ["ada"],
  ]);
  expect(() => credential?.countRequest()).toThrow('The key "ada" was revoked.');
  expect(rig.keys.list()).toMatchObject([{ name: "ada" }]);
  await expect(rig.keys.create({ ...keyRequest, name: "ada" })).rejects.toThrow("revoke it first");

  rig.isStoreBroken = false;
  await rig.keys.revoke("ada");
  expect([rig.keys.list(), rig.rows.size, rig.revokedKeys]).toEqual([[], 0, ["ada"]]);
  await expect(rig.keys.revoke("ada")).rejects.toMatchObject({ code: "key_not_found" });
});

test("a key that cannot be stored is not created", async () => {
  const rig = await start();
  rig.isStoreBroken = true;
  await expect(rig.keys.create({ ...keyRequest, name: "ada" })).rejects.toMatchObject({
    code: "storage_unavailable",
  });
  expect(rig.keys.list()).toEqual([]);
  rig.isStoreBroken = false;
  await rig.keys.create({ ...keyRequest, name: "ada" });
});

test("uses are recorded once a minute, and a failure to record is ignored", async () => {
  const rig = await start();
  const { secret } = await rig.keys.create({ ...keyRequest, name: "ada" });
  const key = rig.keys.find(hashSecret(secret));
  const times = [1, 2, 59_999, 60_000, 60_001, 120_000, 120_001, 180_001];
  for (const time of times) {
    rig.now = time;
    rig.isStoreBroken = time > 150_000;
    void key?.countRequest();
  }
  expect(rig.touchTimes).toEqual([1, 60_001, 120_001]);
  expect(rig.keys.list()).toMatchObject([{ lastUsedAt: 180_001 }]);
});

test("there are at most a thousand keys", async () => {
  const rig = await start();
  for (let count = 0; count < 1_000; count += 1)
    await rig.keys.create({ ...keyRequest, name: `key-${count}` });
  await expect(rig.keys.create({ ...keyRequest, name: "one-more" })).rejects.toThrow("1000 keys already");
  await rig.keys.revoke("key-7");
  await rig.keys.create({ ...keyRequest, name: "one-more" });
});

test("a credential whose key was deleted may use no agent; the operator and admin keys may use all", async () => {
  const rig = await start();
  await rig.keys.create({ ...keyRequest, name: "ada", agents: ["coder"] });
  await rig.keys.create({ ...keyRequest, name: "bob" });
  const names = ["ada", "bob", "gone", "operator", "operator:chief"];
  expect(names.map(rig.keys.agentsOf)).toEqual([["coder"], undefined, [], undefined, undefined]);
});

test("a name that another node has taken is rejected", async () => {
  const rig = await start();
  const other = await start(rig.rows);
  await other.keys.create({ ...keyRequest, name: "ada" });
  await expect(rig.keys.create({ ...keyRequest, name: "ada" })).rejects.toThrow('a key "ada" already');
});

test("a created key is listed once, and a late list of earlier keys does not restore a revoked key", async () => {
  const rig = await start();
  const { secret } = await rig.keys.create({ ...keyRequest, name: "ada" });
  expect(rig.keys.list()).toHaveLength(1);
  expect(rig.keys.find(hashSecret(secret))?.name).toBe("ada");
  await rig.keys.create({ ...keyRequest, name: "bob" });
  const late = Promise.withResolvers<void>();
  rig.beforeList = late.promise;
  await rig.keys.create({ ...keyRequest, name: "eve" });
  await rig.keys.revoke("bob");
  late.resolve();
  await new Promise(setImmediate);
  expect(rig.keys.list()).toMatchObject([{ name: "ada" }, { name: "eve" }]);
  await rig.keys.revoke("ada");
  expect([rig.keys.list().map(({ name }) => name), rig.revokedKeys]).toEqual([["eve"], ["bob", "ada"]]);
});
