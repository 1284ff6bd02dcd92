/** The copy of a store during open transactions and on a failing disk. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createBackup } from "../../server/agent/sessions/backup.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";

function openDatabase(): { readonly database: DatabaseSync; readonly folder: string } {
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

test("a copy waits for the end of an open transaction and contains all of it", async () => {
  const { database, folder } = openDatabase();
  database.exec("begin immediate; insert into t values (1)");
  const result = createBackup(() => database, folder, Date.now)();
  await setTimeout(50);
  database.exec("insert into t values (2); commit");
  expect(readNumbers((await result).path)).toEqual([1, 2]);
});

test("two copies of the same millisecond are two files", async () => {
  const { database, folder } = openDatabase();
  const backup = createBackup(
    () => database,
    folder,
    () => 0,
  );
  const results = [await backup(), await backup()];
  expect(results.map(({ path }) => path.slice(folder.length + 1))).toEqual([
    "sessions-19700101T000000000Z.db",
    "sessions-19700101T000000000Z-2.db",
  ]);
});

test("a failed copy leaves no file, and the next copy succeeds", async () => {
  const { database, folder } = openDatabase();
  const backup = createBackup(
    () => database,
    folder,
    () => 0,
  );
  writeFileSync(folder, "in the way");
  await expect(backup()).rejects.toMatchObject({ code: "storage_unavailable" });

  const otherFolder = join(folder, "..", "others");
  mkdirSync(join(otherFolder, "sessions-19700101T000000000Z.db.partial"), { recursive: true });
  await expect(
    createBackup(
      () => database,
      otherFolder,
      () => 0,
    )(),
  ).rejects.toMatchObject({
    code: "storage_unavailable",
  });
  expect(readdirSync(otherFolder)).toEqual(["sessions-19700101T000000000Z.db.partial"]);

  const secondBackup = createBackup(
    () => database,
    otherFolder,
    () => 1,
  );
  expect(readNumbers((await secondBackup()).path)).toEqual([]);
});
