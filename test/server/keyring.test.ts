/** The keyring beside a store that fails, is full, or is written to too often. */
import { expect, onTestFinished, test } from "vitest";
import type { KeyStore, StoredKey } from "../../server/key-store.ts";
import { GatewayError } from "../../server/errors.ts";
import { digestOf } from "../../server/gate/credentials.ts";
import { openKeyring, randomSecret, type Keyring } from "../../server/gate/keyring.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const asked = {
  scopes: ["operator.write"] as const,
  agents: undefined,
  lastsMs: undefined,
  requestsPerMinute: undefined,
};

interface Rig {
  readonly keys: Keyring;
  readonly rows: Map<string, StoredKey>;
  readonly touched: number[];
  readonly ended: string[];
  broken: boolean;
  now: number;
}

async function start(rows = new Map<string, StoredKey>()): Promise<Rig> {
  const failure = new GatewayError("storage_unavailable", "The disk is full.");
  const work = <T>(does: () => T): Promise<T> =>
    rig.broken ? Promise.reject(failure) : Promise.resolve(does());
  const store: KeyStore = {
    all: () => work(() => [...rows.values()]),
    add: (key) => work(() => !rows.has(key.name) && rows.set(key.name, key).size > 0),
    remove: (name) => work(() => void rows.delete(name)),
    touch: (_name, at) => work(() => void rig.touched.push(at)),
  };
  const ended: string[] = [];
  const rig = { rows, touched: [] as number[], ended, broken: false, now: 0 };
  const onEnd = (name: string): void => void ended.push(name);
  const keys = await openKeyring({
    store,
    clock: () => rig.now,
    newSecret: randomSecret,
    onEnd,
    log: silent,
  });
  onTestFinished(keys.close);
  return Object.assign(rig, { keys });
}

test("a key that cannot be deleted opens nothing all the same, and can be revoked again", async () => {
  const rig = await start();
  const { secret } = await rig.keys.create({ ...asked, name: "ada" });
  const found = rig.keys.find(digestOf(secret));
  rig.broken = true;
  await expect(rig.keys.revoke("ada")).rejects.toMatchObject({ code: "storage_unavailable" });
  expect([found?.ended.aborted, rig.keys.find(digestOf(secret)), rig.ended]).toEqual([
    true,
    undefined,
    ["ada"],
  ]);
  expect(() => found?.count()).toThrow('The key "ada" was revoked.');
  expect(rig.keys.list()).toMatchObject([{ name: "ada" }]);
  await expect(rig.keys.create({ ...asked, name: "ada" })).rejects.toThrow("revoke it first");

  rig.broken = false;
  await rig.keys.revoke("ada");
  expect([rig.keys.list(), rig.rows.size, rig.ended]).toEqual([[], 0, ["ada"]]);
  await expect(rig.keys.revoke("ada")).rejects.toMatchObject({ code: "key_not_found" });
});

test("a key that cannot be written down is not made", async () => {
  const rig = await start();
  rig.broken = true;
  await expect(rig.keys.create({ ...asked, name: "ada" })).rejects.toMatchObject({
    code: "storage_unavailable",
  });
  expect(rig.keys.list()).toEqual([]);
  rig.broken = false;
  await rig.keys.create({ ...asked, name: "ada" });
});

test("uses are written down once a minute, and a failure to do so harms nobody", async () => {
  const rig = await start();
  const { secret } = await rig.keys.create({ ...asked, name: "ada" });
  const key = rig.keys.find(digestOf(secret));
  const times = [1, 2, 59_999, 60_000, 60_001, 120_000, 120_001, 180_001];
  for (const time of times) {
    rig.now = time;
    rig.broken = time > 150_000;
    key?.count();
  }
  expect(rig.touched).toEqual([1, 60_001, 120_001]);
  expect(rig.keys.list()).toMatchObject([{ lastUsedAt: 180_001 }]);
});

test("there are a thousand keys at most", async () => {
  const rig = await start();
  for (let count = 0; count < 1_000; count += 1) await rig.keys.create({ ...asked, name: `key-${count}` });
  await expect(rig.keys.create({ ...asked, name: "one-more" })).rejects.toThrow("1000 keys already");
  await rig.keys.revoke("key-7");
  await rig.keys.create({ ...asked, name: "one-more" });
});

test("a credential whose key is gone may use no agent, the operator and keys for everything all", async () => {
  const rig = await start();
  await rig.keys.create({ ...asked, name: "ada", agents: ["coder"] });
  await rig.keys.create({ ...asked, name: "bob" });
  const names = ["ada", "bob", "gone", "operator", "operator:chief"];
  expect(names.map(rig.keys.agentsOf)).toEqual([["coder"], undefined, [], undefined, undefined]);
});
