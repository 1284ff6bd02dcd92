import { expect, test } from "vitest";
import { syncFileInPool } from "../../server/agent/sessions/sqlite-file.ts";
import { openStore } from "../support/runs/stores.ts";

test("one write per second answers any number of callers, and a store that is closed cannot be written", async () => {
  let syncs = 0;
  let now = 1_000_000;
  const store = await openStore({
    clock: () => now,
    syncFile: (descriptor) => {
      syncs += 1;
      return syncFileInPool(descriptor);
    },
  });
  const before = syncs;
  expect(await Promise.all([store.isWritable(), store.isWritable()])).toEqual([true, true]);
  expect(await store.isWritable()).toBe(true);
  expect(syncs).toBe(before + 1);
  now += 1_000;
  expect(await store.isWritable()).toBe(true);
  expect(syncs).toBe(before + 2);

  await store.close();
  now += 1_000;
  expect(await store.isWritable()).toBe(false);
});

test("a disk that hangs makes the store unwritable in limited time, and no further write waits for it", async () => {
  let now = 1_000_000;
  let syncs = 0;
  let hang: PromiseWithResolvers<void> | undefined;
  const store = await openStore({
    clock: () => now,
    syncFile: async (descriptor) => {
      syncs += 1;
      await hang?.promise;
      await syncFileInPool(descriptor);
    },
  });
  hang = Promise.withResolvers<void>();
  const before = syncs;
  for (let round = 0; round < 2; round += 1) {
    expect(await store.isWritable()).toBe(false);
    now += 1_000;
  }
  expect(syncs).toBe(before + 1);

  hang.resolve();
  hang = undefined;
  expect(await store.isWritable()).toBe(true);
});
