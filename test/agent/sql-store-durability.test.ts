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
import { createNodeSqliteDialect } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../server/agent/sessions/sql-store.ts";
import { randomId } from "../../server/lib/ids.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { readEntries, openStore, owner, userEntry, sessionKey as key } from "../support/runs/stores.ts";

describe("a store that was cut or garbled at its end", () => {
  /** Where a commit costs no wait for a disk, thousands of stores can be opened. */
  const memoryFolder = "/dev/shm";
  const isMemoryAvailable = existsSync(memoryFolder);

  /** A store as a crash leaves it, and the length of its log after each entry. */
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

  function placeCopy(file: string, copy: string, log: Buffer): void {
    copyFileSync(file, copy);
    writeFileSync(`${copy}-wal`, log);
  }

  /** What is in the file that is left. */
  function readCopy(copy: string): readonly string[] {
    const database = new DatabaseSync(copy);
    const rows = database.prepare("select kind, payload from entries order by seq").all();
    database.close();
    return rows.flatMap(({ kind, payload }) =>
      kind === "turn" ? [/turn \d|next/.exec(String(payload))?.[0] ?? "?"] : [],
    );
  }

  /** Opens what is left as the next gateway does, and goes on with the session. */
  async function continueCopy(copy: string): Promise<void> {
    const dialect = createNodeSqliteDialect(copy);
    const store = await openSqlStore({ dialect, clock: Date.now, newId: randomId, isExclusive: true });
    const lease = await store.acquire(key, owner);
    await lease.append([userEntry("next")]);
    await store.close();
  }

  const turns = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `turn ${i}`);

  test("has every entry whose bytes are all there, once and in order, and takes the next", async () => {
    const { file, copy, log, lengths } = await createCrashedStore();
    const page = 4096 + 24;
    const lastButOne = lengths.at(-2) ?? 0;
    let cuts = 0;
    // Every byte of the last page; of the pages before, down to the last entry but one, a sample.
    for (let end = log.length; end > lastButOne - page; cuts += 1) {
      placeCopy(file, copy, log.subarray(0, end));
      const whole = turns(lengths.filter((length) => length <= end).length);
      expect([end, readCopy(copy)]).toEqual([end, whole]);
      if (cuts % 32 === 0) {
        await continueCopy(copy);
        expect([end, readCopy(copy)]).toEqual([end, [...whole, "next"]]);
      }
      end -= isMemoryAvailable && end > log.length - page ? 1 : 61;
    }
    expect(cuts).toBeGreaterThan(isMemoryAvailable ? page : 200);
  }, 150_000);

  test("loses at most the entry whose bytes were changed", async () => {
    const { file, copy, log, lengths } = await createCrashedStore();
    for (let at = lengths.at(-2) ?? 0; at < log.length; at += 97) {
      const corruptedLog = Buffer.from(log);
      corruptedLog[at] = (corruptedLog[at] ?? 0) ^ 0xff;
      placeCopy(file, copy, corruptedLog);
      await continueCopy(copy);
      const remaining = readCopy(copy);
      expect([turns(4), turns(5)]).toContainEqual(remaining.slice(0, -1));
      expect(remaining.at(-1)).toBe("next");
    }
  }, 60_000);
});

describe("a disk that takes nothing more", () => {
  const states = {
    "that is full": ["PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"],
    "that can only be read": ["PRAGMA query_only = on", "PRAGMA query_only = off"],
  } as const;

  for (const [state, [noop, heal]] of Object.entries(states)) {
    test(`${state} is storage_unavailable for whoever wants to write, and heals by itself`, async () => {
      let database: DatabaseSync | undefined;
      const store = await openStore({ onOpen: (opened) => (database = opened) });
      const lease = await store.acquire(key, owner);
      const large = userEntry("x".repeat(100_000));
      await lease.append([large]);
      const unavailable = { code: "storage_unavailable", retry: true, retryAfterSeconds: 5 };

      database?.exec(noop);
      await expect(lease.append([large, large])).rejects.toMatchObject(unavailable);
      await expect(lease.append([userEntry("b"), large])).rejects.toMatchObject(unavailable);
      const claim = store.idempotency.claim(
        { credential: "a", method: "post", path: "/", key: "k" },
        "x".repeat(9_999),
      );
      await expect(claim).rejects.toMatchObject(unavailable);
      expect((await store.sessions.history(key, "alice", { limit: 9 })).entries).toHaveLength(1);

      database?.exec(heal);
      await lease.append([userEntry("after")]);
      await lease.release();
      expect(await readEntries(store)).toEqual([large, userEntry("after")]);
    });
  }
});
