import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { createNodeSqlite } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../server/agent/sessions/sql-store.ts";
import { randomId } from "../../server/lib/ids.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { readEntries, openStore, owner, userEntry, sessionKey as key } from "../support/runs/stores.ts";

describe("a log that is truncated or corrupted at its end", () => {
  /** A memory file system: commits do not wait for a disk, so thousands of stores can be opened. */
  const memoryFolder = "/dev/shm";
  const isMemoryAvailable = existsSync(memoryFolder);

  /** Creates a store as a crash leaves it. `lengths` are the sizes of its log after each entry. */
  async function createCrashedStore() {
    const folder = isMemoryAvailable
      ? mkdtempSync(join(memoryFolder, "gateway-test-"))
      : createTemporaryFolder();
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "sessions.sqlite");
    await (await openStore({ file })).close();
    const store = await openStore({ file });
    const lease = await store.acquire(key, owner);
    const lengths: number[] = [];
    for (let i = 0; i < 5; i++) {
      await lease.append([userEntry(`turn ${i}`)]);
      lengths.push(statSync(`${file}-wal`).size);
    }
    return { file, copy: join(folder, "copy.sqlite"), log: readFileSync(`${file}-wal`), lengths };
  }

  function writeCopy(file: string, copy: string, log: Buffer): void {
    copyFileSync(file, copy);
    writeFileSync(`${copy}-wal`, log);
  }

  /** Reads the entries of the copy. */
  function readCopy(copy: string): readonly string[] {
    const database = new DatabaseSync(copy);
    const rows = database.prepare("select kind, payload from entries order by seq").all();
    database.close();
    return rows.flatMap(({ kind, payload }) =>
      kind === "turn" ? [/turn \d|next/.exec(String(payload))?.[0] ?? "?"] : [],
    );
  }

  /** Opens the copy as the next gateway does, and continues the session. */
  async function continueCopy(copy: string): Promise<void> {
    const database = createNodeSqlite(copy);
    const store = await openSqlStore({ database, clock: Date.now, newId: randomId, isExclusive: true });
    const lease = await store.acquire(key, owner);
    await lease.append([userEntry("next")]);
    await store.close();
  }

  const turns = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `turn ${i}`);

  test("keeps every complete entry, once and in order, and accepts the next one", async () => {
    const { file, copy, log, lengths } = await createCrashedStore();
    const page = 4096 + 24;
    const lastButOne = lengths.at(-2) ?? 0;
    let cuts = 0;
    // Every byte of the last page, and a sample of the pages before it, back to the last entry but one.
    for (let end = log.length; end > lastButOne - page; cuts += 1) {
      writeCopy(file, copy, log.subarray(0, end));
      const completeTurns = turns(lengths.filter((length) => length <= end).length);
      expect([end, readCopy(copy)]).toEqual([end, completeTurns]);
      if (cuts % 32 === 0) {
        await continueCopy(copy);
        expect([end, readCopy(copy)]).toEqual([end, [...completeTurns, "next"]]);
      }
      end -= isMemoryAvailable && end > log.length - page ? 1 : 61;
    }
    expect(cuts).toBeGreaterThan(isMemoryAvailable ? page : 200);
  });

  test("loses at most the corrupted entry", async () => {
    const { file, copy, log, lengths } = await createCrashedStore();
    for (let at = lengths.at(-2) ?? 0; at < log.length; at += 97) {
      const corruptedLog = Buffer.from(log);
      corruptedLog[at] = (corruptedLog[at] ?? 0) ^ 0xff;
      writeCopy(file, copy, corruptedLog);
      await continueCopy(copy);
      const remaining = readCopy(copy);
      expect([turns(4), turns(5)]).toContainEqual(remaining.slice(0, -1));
      expect(remaining.at(-1)).toBe("next");
    }
  });
});

describe("a disk that accepts no writes", () => {
  const states = {
    "that is full": ["PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"],
    "that can only be read": ["PRAGMA query_only = on", "PRAGMA query_only = off"],
  } as const;

  for (const [state, [breakDisk, repairDisk]] of Object.entries(states)) {
    test(`${state} is storage_unavailable for every write, until the disk accepts writes again`, async () => {
      let database: DatabaseSync | undefined;
      const store = await openStore({ onOpen: (opened) => (database = opened) });
      const lease = await store.acquire(key, owner);
      const large = userEntry("x".repeat(100_000));
      await lease.append([large]);
      const unavailable = { code: "storage_unavailable", retry: true, retryAfterSeconds: 5 };

      database?.exec(breakDisk);
      await expect(lease.append([large, large])).rejects.toMatchObject(unavailable);
      await expect(lease.append([userEntry("b"), large])).rejects.toMatchObject(unavailable);
      const claim = store.idempotency.claim(
        { credential: "a", method: "post", path: "/", key: "k" },
        "x".repeat(9_999),
      );
      await expect(claim).rejects.toMatchObject(unavailable);
      expect((await store.sessions.history(key, "alice", { limit: 9 })).entries).toHaveLength(1);

      database?.exec(repairDisk);
      await lease.append([userEntry("after")]);
      await lease.release();
      expect(await readEntries(store)).toEqual([large, userEntry("after")]);
    });
  }
});
