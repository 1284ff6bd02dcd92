/**
 * Copies a store into a new one of any kind. A copy that was interrupted is continued, and no gateway starts with it before it
 * is complete.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql, type RawBuilder } from "kysely";
import { incompleteVersion, latestVersion, minVersion } from "../migrations.ts";
import { markInterrupted } from "../mark-interrupted.ts";
import { copyRows, copySingleRow, digestTable, progressTable } from "./copy-rows.ts";
import type { CopyEnd } from "./open-copy-end.ts";
import { copiedTables, singleRowTables, type CopiedTable } from "./tables.ts";

export interface CopyProgress {
  readonly table: string;
  readonly step: "copied" | "verified";
  /** Rows of the table so far. */
  readonly rows: number;
}

export interface StoreCopy {
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  /** Contents of files. */
  readonly files: number;
  /** Messages for the user. */
  readonly warnings: readonly string[];
}

/** Rejects when the source and the copy differ. The target is then incomplete. */
export async function copyStore(
  source: CopyEnd,
  target: CopyEnd,
  report: (progress: CopyProgress) => void,
): Promise<StoreCopy> {
  const sourceId = await requireComplete(source);
  await source.requireUnused();
  const keepsFiles = source.contents !== undefined && target.contents !== undefined;
  const tables = copiedTables.filter(({ name }) => name !== "files" || keepsFiles);
  if (await begin(target, sourceId)) return describeCopy(target, tables);
  for (const table of tables) {
    let rows = 0;
    await copyRows(source, target, table, (count) => {
      rows += count;
      report({ table: table.name, step: "copied", rows });
    });
  }
  const files = await copyFiles(source, target);
  const verified = [];
  for (const table of tables) {
    const rows = await verify(source, target, table);
    report({ table: table.name, step: "verified", rows });
    verified.push({ table: table.name, rows });
  }
  await source.requireUnused();
  for (const name of singleRowTables) await copySingleRow(source, target, name);
  const warnings = [
    ...(await copyEncryptionKey(source, target)),
    ...(keepsFiles ? [] : await describeMissingFiles(source)),
  ];
  // What a killed gateway has left behind, as at a start.
  await markInterrupted(target.db, { clock: Date.now, insertWebhooks: () => Promise.resolve(0) });
  await complete(target, sourceId);
  return { tables: verified, files, warnings };
}

/** Returns the id of the store. */
async function requireComplete(end: CopyEnd): Promise<string> {
  const { db, name } = end;
  const store = await db.selectFrom("store").select("version").executeTakeFirst();
  if (store?.version === incompleteVersion) throw new Error(`${name} is an incomplete copy itself.`);
  if (store?.version !== latestVersion) {
    throw new Error(
      `${name} has store version ${store?.version ?? 0}, and this gateway knows ${latestVersion}. Start this gateway with it once, so that it is upgraded.`,
    );
  }
  return readId(end);
}

/**
 * Creates the tables, or finds an incomplete copy of the same store. Returns true for a verified copy that still has its
 * temporary name.
 */
async function begin(target: CopyEnd, sourceId: string): Promise<boolean> {
  const { db, name, table } = target;
  const version = await readVersion(target);
  if (version === incompleteVersion) {
    const { rows } = await sql<{
      cursor: string;
    }>`select cursor from ${table(progressTable)} where name = 'source'`.execute(db);
    if (rows[0]?.cursor === sourceId) return false;
    throw new Error(`${name} is an incomplete copy of another store. Delete it, or use another one.`);
  }
  if (version === latestVersion && (await readId(target)) === sourceId) {
    if (target.isHidden) return true;
    throw new Error(
      `${name} is a complete copy of this store already, or the store itself. Nothing was copied.`,
    );
  }
  await target.createTables();
  await target.requireUnused();
  for (const each of copiedTables) {
    const { rows } = await sql`select 1 from ${table(each.name)} limit 1`.execute(db);
    // A gateway that has only started has an audit log.
    if (rows.length > 0 && each.name !== "audit")
      throw new Error(`${name} is not empty: there are rows in ${each.name}. A copy replaces no store.`);
  }
  await db.transaction().execute(async (tx) => {
    await sql`delete from ${table("audit")}`.execute(tx);
    await sql`create table ${table(progressTable)} (name text primary key, cursor text not null)`.execute(tx);
    await sql`insert into ${table(progressTable)} values ('source', ${sourceId})`.execute(tx);
    await tx
      .updateTable("store")
      .set({ version: incompleteVersion, min_version: incompleteVersion })
      .execute();
  });
  return false;
}

/** Describes a copy that was verified before its process was killed. */
async function describeCopy(target: CopyEnd, tables: readonly CopiedTable[]): Promise<StoreCopy> {
  const count = async (rows: RawBuilder<unknown>): Promise<number> => {
    const { rows: counts } = await sql<{ n: number | string }>`select count(*) as n from ${rows}`.execute(
      target.db,
    );
    return Number(counts[0]?.n);
  };
  const counts = [];
  for (const { name } of tables) counts.push({ table: name, rows: await count(target.table(name)) });
  const files = await count(sql`(select distinct hash from ${target.table("files")}) as contents`);
  return { tables: counts, files, warnings: [] };
}

const readId = async ({ db }: CopyEnd): Promise<string> =>
  (await db.selectFrom("store").select("id").executeTakeFirstOrThrow()).id;

/** Undefined without tables. */
async function readVersion({ db }: CopyEnd): Promise<number | undefined> {
  const row = await db
    .selectFrom("store")
    .select("version")
    .executeTakeFirst()
    .catch(() => undefined);
  return row?.version;
}

async function verify(source: CopyEnd, target: CopyEnd, table: CopiedTable): Promise<number> {
  const [expected, actual] = await Promise.all([digestTable(source, table), digestTable(target, table)]);
  if (expected.rows === actual.rows && expected.sum === actual.sum) return actual.rows;
  throw new Error(
    `The copy differs from ${source.name}: ${table.name} has ${expected.rows} rows there and ${actual.rows} in the copy${expected.rows === actual.rows ? ", with other contents" : ""}. Was a gateway at work meanwhile? Delete the copy and begin again.`,
  );
}

/** Each content is named by its SHA-256, by which it is verified. */
async function copyFiles(source: CopyEnd, target: CopyEnd): Promise<number> {
  if (source.contents === undefined || target.contents === undefined) return 0;
  const files = await source.db.selectFrom("files").select(["hash", "bytes"]).distinct().execute();
  for (const file of files) {
    const content = await target.contents.receive(await source.contents.open(file));
    if (content.hash !== file.hash) {
      await target.contents.discard(content);
      throw new Error(`The content of a file is damaged: ${file.hash} in ${source.name}.`);
    }
    // The rows of its files are there already.
    await target.contents.keep(content, () => Promise.resolve());
  }
  return files.length;
}

async function describeMissingFiles({ db, name }: CopyEnd): Promise<readonly string[]> {
  const { count } = await db
    .selectFrom("files")
    .select((eb) => eb.fn.countAll<number | string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count) === 0
    ? []
    : [`${count} files of /v1/files are in ${name} only: the other store keeps no files.`];
}

const keyName = "encryption-key";
const keyFile = "seal.key";

/** A store in a file has the key of `encrypted_content` beside it, another one in a table. */
async function copyEncryptionKey(source: CopyEnd, target: CopyEnd): Promise<readonly string[]> {
  const sourceFile = source.stateDir && join(source.stateDir, keyFile);
  const stored = await source.db
    .selectFrom("secrets")
    .select("value")
    .where("name", "=", keyName)
    .executeTakeFirst();
  const value =
    stored?.value ??
    (sourceFile !== undefined && existsSync(sourceFile)
      ? readFileSync(sourceFile).toString("base64url")
      : undefined);
  if (value === undefined) return [];
  if (target.stateDir === undefined) {
    await target.db
      .insertInto("secrets")
      .values({ name: keyName, value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
      .execute();
    return [];
  }
  if (value.startsWith("wrapped:")) {
    return [
      "The key of encrypted_content is encrypted with gateway.encryptionKey, and was not copied: clients' encrypted reasoning cannot be read with the copy.",
    ];
  }
  const targetFile = join(target.stateDir, keyFile);
  mkdirSync(target.stateDir, { recursive: true, mode: 0o700 });
  if (existsSync(targetFile) && readFileSync(targetFile).toString("base64url") !== value)
    return [`${targetFile} is another key than that of ${source.name}, and stays.`];
  writeFileSync(targetFile, Buffer.from(value, "base64url"), { mode: 0o600 });
  return [];
}

async function complete({ db, table }: CopyEnd, id: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`drop table ${table(progressTable)}`.execute(tx);
    await tx.updateTable("store").set({ version: latestVersion, min_version: minVersion, id }).execute();
  });
}
