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
import { nodeSqliteDialect } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../../server/agent/sessions/sql-store.ts";
import { randomId } from "../../server/ids.ts";
import { temporaryFolder } from "../support/gateway.ts";
import { entriesOf, openStore, owner, said, sessionKey as key } from "../support/stores.ts";

describe("a store that was cut or garbled at its end", () => {
  /** Where a commit costs no wait for a disk, thousands of stores can be opened. */
  const memory = "/dev/shm";
  const inMemory = existsSync(memory);

  /** A store as a crash leaves it, and the length of its log after each entry. */
  async function crashed() {
    const folder = inMemory ? mkdtempSync(join(memory, "gateway-test-")) : temporaryFolder();
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "sessions.sqlite");
    await (await openStore({ file })).close();
    const store = await openStore({ file });
    const lease = await store.acquire(key, owner);
    const lengths: number[] = [];
    for (let i = 0; i < 5; i++) {
      await lease.append([said(`turn ${i}`)]);
      lengths.push(statSync(`${file}-wal`).size);
    }
    return { file, copy: join(folder, "copy.sqlite"), log: readFileSync(`${file}-wal`), lengths };
  }

  function lay(file: string, copy: string, log: Buffer): void {
    copyFileSync(file, copy);
    writeFileSync(`${copy}-wal`, log);
  }

  /** What is in the file that is left. */
  function look(copy: string): readonly string[] {
    const database = new DatabaseSync(copy);
    const rows = database.prepare("select kind, payload from entries order by seq").all();
    database.close();
    return rows.flatMap(({ kind, payload }) =>
      kind === "turn" ? [/turn \d|next/.exec(String(payload))?.[0] ?? "?"] : [],
    );
  }

  /** Opens what is left as the next gateway does, and goes on with the session. */
  async function goOn(copy: string): Promise<void> {
    const dialect = nodeSqliteDialect(copy);
    const store = await openSqlStore({ dialect, clock: Date.now, newId: randomId, exclusive: true });
    const lease = await store.acquire(key, owner);
    await lease.append([said("next")]);
    await store.close();
  }

  const turns = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `turn ${i}`);

  test("has every entry whose bytes are all there, once and in order, and takes the next", async () => {
    const { file, copy, log, lengths } = await crashed();
    const page = 4096 + 24;
    const lastButOne = lengths.at(-2) ?? 0;
    let cuts = 0;
    // Every byte of the last page; of the pages before, down to the last entry but one, a sample.
    for (let end = log.length; end > lastButOne - page; cuts += 1) {
      lay(file, copy, log.subarray(0, end));
      const whole = turns(lengths.filter((length) => length <= end).length);
      expect([end, look(copy)]).toEqual([end, whole]);
      if (cuts % 32 === 0) {
        await goOn(copy);
        expect([end, look(copy)]).toEqual([end, [...whole, "next"]]);
      }
      end -= inMemory && end > log.length - page ? 1 : 61;
    }
    expect(cuts).toBeGreaterThan(inMemory ? page : 200);
  }, 150_000);

  test("loses at most the entry whose bytes were changed", async () => {
    const { file, copy, log, lengths } = await crashed();
    for (let at = lengths.at(-2) ?? 0; at < log.length; at += 97) {
      const garbled = Buffer.from(log);
      garbled[at] = (garbled[at] ?? 0) ^ 0xff;
      lay(file, copy, garbled);
      await goOn(copy);
      const left = look(copy);
      expect([turns(4), turns(5)]).toContainEqual(left.slice(0, -1));
      expect(left.at(-1)).toBe("next");
    }
  }, 60_000);
});

describe("a disk that takes nothing more", () => {
  const states = {
    "that is full": ["PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"],
    "that can only be read": ["PRAGMA query_only = on", "PRAGMA query_only = off"],
  } as const;

  for (const [state, [break_, heal]] of Object.entries(states)) {
    test(`${state} is storage_unavailable for whoever wants to write, and heals by itself`, async () => {
      let database: DatabaseSync | undefined;
      const store = await openStore({ opened: (opened) => (database = opened) });
      const lease = await store.acquire(key, owner);
      const large = said("x".repeat(100_000));
      await lease.append([large]);
      const unavailable = { code: "storage_unavailable", retry: true, retryAfterSeconds: 5 };

      database?.exec(break_);
      await expect(lease.append([large, large])).rejects.toMatchObject(unavailable);
      await expect(lease.append([said("b"), large])).rejects.toMatchObject(unavailable);
      const claim = store.idempotency.claim(
        { credential: "a", method: "post", path: "/", key: "k" },
        "x".repeat(9_999),
      );
      await expect(claim).rejects.toMatchObject(unavailable);
      expect((await store.sessions.history(key, "alice", { limit: 9 })).entries).toHaveLength(1);

      database?.exec(heal);
      await lease.append([said("after")]);
      await lease.release();
      expect(await entriesOf(store)).toEqual([large, said("after")]);
    });
  }
});
