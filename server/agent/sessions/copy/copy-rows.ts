/** Reads, copies and compares the rows of one table, page by page. */
import { createHash } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { Tables } from "../schema.ts";
import type { CopiedTable } from "./tables.ts";
import type { CopyEnd } from "./open-copy-end.ts";

type Value = string | number | null;
type Row = Readonly<Record<string, Value>>;
type Cursor = readonly Value[];

/** What identifies the rows of a table, in any order. */
export interface TableDigest {
  readonly rows: number;
  readonly sum: bigint;
}

/** Yields all rows after the cursor. Rows that are equal in the columns of the order come in the same page. */
async function* readPages(
  { db, table }: CopyEnd,
  { name, columns, isUnique, pageRows }: CopiedTable,
  after: Cursor | undefined,
): AsyncGenerator<readonly Row[]> {
  const order = sql.join(columns.map((column) => sql.ref(column)));
  let cursor = after;
  for (;;) {
    const rest =
      cursor === undefined
        ? sql`select * from ${table(name)}`
        : sql`select * from ${table(name)} where (${order}) > (${sql.join(cursor)})`;
    const { rows } = await sql<Row>`${rest} order by ${order} limit ${sql.lit(pageRows)}`.execute(db);
    const isLast = rows.length < pageRows;
    const page = isUnique || isLast ? rows : await completePage(rows);
    if (page.length > 0) yield page;
    if (isLast) return;
    cursor = toCursor(page, columns);
  }

  async function completePage(rows: readonly Row[]): Promise<readonly Row[]> {
    const last = toCursor(rows, columns);
    const { rows: equal } =
      await sql<Row>`select * from ${table(name)} where (${order}) = (${sql.join(last)})`.execute(db);
    const isBefore = (row: Row): boolean => columns.some((column, index) => row[column] !== last[index]);
    return [...rows.filter(isBefore), ...equal];
  }
}

const toCursor = (rows: readonly Row[], columns: readonly string[]): Cursor =>
  columns.map((column) => rows.at(-1)?.[column] ?? null);

/** Copies the rows that are not in the target yet. Each page and the cursor after it are stored in one transaction. */
export async function copyRows(
  source: CopyEnd,
  target: CopyEnd,
  table: CopiedTable,
  report: (rows: number) => void,
): Promise<void> {
  const progress = target.table(progressTable);
  const { rows: found } = await sql<{
    cursor: string;
  }>`select cursor from ${progress} where name = ${table.name}`.execute(target.db);
  const after = found[0] === undefined ? undefined : (JSON.parse(found[0].cursor) as Cursor);
  for await (const rows of readPages(source, table, after)) {
    const cursor = JSON.stringify(toCursor(rows, table.columns));
    await target.db.transaction().execute(async (tx) => {
      await insertRows(tx, target.table(table.name), rows);
      await sql`insert into ${progress} (name, cursor) values (${table.name}, ${cursor})
        on conflict (name) do update set cursor = excluded.cursor`.execute(tx);
    });
    report(rows.length);
  }
}

/** A table of the target while the copy is incomplete. */
export const progressTable = "copy_progress";

async function insertRows(
  db: Kysely<Tables>,
  table: ReturnType<CopyEnd["table"]>,
  rows: readonly Row[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
  const names = sql.join(columns.map((column) => sql.id(column)));
  await sql`insert into ${table} (${names}) values ${sql.join(values)}`.execute(db);
}

/** Replaces the only row of a table. */
export async function copySingleRow(source: CopyEnd, target: CopyEnd, name: string): Promise<void> {
  const { rows } = await sql<Row>`select * from ${source.table(name)}`.execute(source.db);
  await target.db.transaction().execute(async (tx) => {
    await sql`delete from ${target.table(name)}`.execute(tx);
    if (rows.length > 0) await insertRows(tx, target.table(name), rows);
  });
}

/** The sum does not depend on the order, which is another one where a database sorts texts by a language. */
export async function digestTable(end: CopyEnd, table: CopiedTable): Promise<TableDigest> {
  let count = 0;
  let sum = 0n;
  for await (const rows of readPages(end, table, undefined)) {
    count += rows.length;
    for (const row of rows) sum = BigInt.asUintN(64, sum + digestRow(row));
  }
  return { rows: count, sum };
}

function digestRow(row: Row): bigint {
  const columns = Object.keys(row).toSorted();
  const text = JSON.stringify(columns.map((column) => [column, row[column]]));
  return createHash("sha256").update(text).digest().readBigUInt64BE();
}
