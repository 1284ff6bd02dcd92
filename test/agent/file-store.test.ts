/** The store of files: contents in the database, and in a folder. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { createFolderContents } from "../../server/agent/sessions/folder-contents.ts";
import type { StoredFile } from "../../server/agent/sessions/files.ts";
import type { Store } from "../../server/agent/sessions/sql-store.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { createStorePath, openStore, openStoreWithSql, postgresUrl } from "../support/runs/stores.ts";

const day = 86_400_000;
const hour = 3_600_000;

/** Bytes of every value, so many, in parts of a size that divides nothing. */
async function* createSource(length: number, seed = 0, failure?: Error): AsyncGenerator<Buffer> {
  for (let start = 0; start < length; start += 65_521) {
    await Promise.resolve();
    yield Buffer.from(
      Array.from({ length: Math.min(65_521, length - start) }, (_, index) => (start + index + seed) % 251),
    );
  }
  if (failure !== undefined) throw failure;
}

const readSource = async (length: number, seed = 0): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(createSource(length, seed)));

const add = async (
  { files }: Store,
  length: number,
  { seed = 0, credential = "alice", maxTotalBytes = 10_000_000 } = {},
): Promise<StoredFile> => {
  const content = await files.receive(createSource(length, seed));
  return files.create({
    content,
    credential,
    filename: "a.bin",
    purpose: "user_data",
    expiresAfterMs: day,
    maxTotalBytes,
  });
};

type Options = Parameters<typeof openStore>[0];

const kinds: readonly (readonly [name: string, createOptions: () => Options])[] = [
  ["the database", () => ({})],
  ...(postgresUrl === undefined
    ? [
        [
          "a folder",
          () => {
            const folder = join(createTemporaryFolder(), "files");
            return { createContents: (transactions) => createFolderContents(folder, transactions) };
          },
        ] as const satisfies (typeof kinds)[number],
      ]
    : []),
];

describe.each(kinds)("with contents in %s", (_, createOptions) => {
  test.each([0, 1, 262_144, 262_145, 1_000_000])("%d bytes are read as they came", async (length) => {
    const store = await openStore(createOptions());
    const file = await add(store, length);
    const bytes = await readSource(length);
    expect(file).toMatchObject({ bytes: length, hash: createHash("sha256").update(bytes).digest("hex") });
    expect((await store.files.read(file)).equals(bytes)).toBe(true);
    expect((await buffer(await store.files.open(file))).equals(bytes)).toBe(true);
  });

  test("an equal content lasts as long as one of its files", async () => {
    const store = await openStore(createOptions());
    const [first, second] = [await add(store, 300_000), await add(store, 300_000, { credential: "bob" })];
    await store.files.remove(first.id, "alice");
    expect((await store.files.read(second)).length).toBe(300_000);
    await store.files.remove(second.id, "bob");
    await expect(store.files.read(second)).rejects.toMatchObject({ code: "storage_unavailable" });
  });

  test("many at once stay within the bytes of a credential", async () => {
    const store = await openStore(createOptions());
    const attempts = Array.from({ length: 6 }, (__, seed) =>
      add(store, 10_000, { seed, maxTotalBytes: 25_000 }).catch(({ code }: { code: string }) => code),
    );
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter((outcome) => typeof outcome === "object")).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome === "request_too_large")).toHaveLength(4);
  });

  test("files are added and removed at once without losing a content that is in use", async () => {
    const store = await openStore(createOptions());
    const bytes = await readSource(100_000);
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const file = await add(store, 100_000);
        expect((await store.files.read(file)).equals(bytes)).toBe(true);
        await store.files.remove(file.id, "alice");
      }),
    );
  });
});

describe("in the database", () => {
  const count = async (runSql: (statement: string) => Promise<readonly object[]>): Promise<number> =>
    (await runSql("select content from file_chunks")).length;

  test("an upload that breaks off, is discarded or too large leaves nothing", async () => {
    const { store, runSql } = await openStoreWithSql();
    const broken = new Error("the connection was reset");
    await expect(store.files.receive(createSource(600_000, 0, broken))).rejects.toThrow();
    const content = await store.files.receive(createSource(600_000));
    expect(await count(runSql)).toBe(3);
    await store.files.discard(content);
    expect(await count(runSql)).toBe(0);
    const large = await store.files.receive(createSource(600_000));
    const file = { credential: "alice", filename: "a", purpose: "user_data", expiresAfterMs: day };
    const rejected = store.files.create({ ...file, content: large, maxTotalBytes: 1 });
    await expect(rejected).rejects.toMatchObject({ code: "request_too_large" });
    await store.files.discard(large);
    expect(await count(runSql)).toBe(0);
  });

  test("what a crash has left half received is removed an hour later, and so are unused contents", async () => {
    const file = createStorePath();
    let now = Date.UTC(2026, 0, 1);
    const crashed = await openStore({ file, clock: () => now });
    await crashed.files.receive(createSource(600_000));
    const kept = await add(crashed, 1_000, { seed: 3 });
    await crashed.close();
    now += hour + 1;
    const { store, runSql } = await openStoreWithSql({ file, clock: () => now });
    await expect.poll(() => count(runSql)).toBe(1);
    expect((await store.files.read(kept)).length).toBe(1_000);
    await runSql("delete from files");
    await store.close();
    const again = await openStoreWithSql({ file, clock: () => now });
    await expect.poll(() => count(again.runSql)).toBe(0);
  });

  test.skipIf(postgresUrl === undefined)("all nodes have the files of each", async () => {
    const file = createStorePath();
    const [one, other] = [
      await openStore({ file, isExclusive: false }),
      await openStore({ file, isExclusive: false }),
    ];
    const bytes = await readSource(700_000);
    const stored = await add(one, 700_000);
    expect((await other.files.read(await other.files.find(stored.id, "alice"))).equals(bytes)).toBe(true);
    const churn = async (store: Store): Promise<void> => {
      for (let round = 0; round < 6; round += 1) {
        const mine = await add(store, 700_000, { credential: "bob" });
        expect((await store.files.read(mine)).equals(bytes)).toBe(true);
        await store.files.remove(mine.id, "bob");
      }
    };
    await one.files.remove(stored.id, "alice");
    await Promise.all([churn(one), churn(other)]);
  });
});
