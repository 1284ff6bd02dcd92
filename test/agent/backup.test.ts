/** The copy of a store, beside transactions and a disk that fails. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createBackup } from "../../server/agent/sessions/backup.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

function start(): { readonly database: DatabaseSync; readonly folder: string } {
  const folder = createTemporaryFolder();
  const database = new DatabaseSync(join(folder, "sessions.sqlite"));
  onTestFinished(() => database.close());
  database.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; create table t (n integer)");
  return { database, folder: join(folder, "backups") };
}

const readNumbers = (path: string): readonly unknown[] => {
  const copy = new DatabaseSync(path, { readOnly: true });
  const rows = copy.prepare("select n from t").all();
  copy.close();
  return rows.map(({ n }) => n);
};

test("a copy that meets an open transaction waits for its end, and has all of it", async () => {
  const { database, folder } = start();
  database.exec("begin immediate; insert into t values (1)");
  const result = createBackup(database, folder, Date.now)();
  await setTimeout(50);
  database.exec("insert into t values (2); commit");
  expect(readNumbers((await result).path)).toEqual([1, 2]);
});

test("copies of the same millisecond are two files", async () => {
  const { database, folder } = start();
  const backup = createBackup(database, folder, () => 0);
  const result = [await backup(), await backup()];
  expect(result.map(({ path }) => path.slice(folder.length + 1))).toEqual([
    "sessions-19700101T000000000Z.db",
    "sessions-19700101T000000000Z-2.db",
  ]);
});

test("a copy that fails leaves nothing behind, and the next one is made", async () => {
  const { database, folder } = start();
  const backup = createBackup(database, folder, () => 0);
  writeFileSync(folder, "in the way");
  await expect(backup()).rejects.toMatchObject({ code: "storage_unavailable" });

  const otherBackup = join(folder, "..", "others");
  mkdirSync(join(otherBackup, "sessions-19700101T000000000Z.db.partial"), { recursive: true });
  await expect(createBackup(database, otherBackup, () => 0)()).rejects.toMatchObject({
    code: "storage_unavailable",
  });
  expect(readdirSync(otherBackup)).toEqual(["sessions-19700101T000000000Z.db.partial"]);

  const secondBackup = createBackup(database, otherBackup, () => 1);
  expect(readNumbers((await secondBackup()).path)).toEqual([]);
});
