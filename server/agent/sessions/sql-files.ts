/** The store of files: their rows in SQL, and their contents. */
import type { Kysely, Selectable } from "kysely";
import { GatewayError } from "../../lib/errors.ts";
import type { Clock, NewId } from "../../lib/ports.ts";
import type { FileContents } from "./file-contents.ts";
import type { FileFilter, FileStore, StoredFile } from "./files.ts";
import { canView } from "./permissions.ts";
import { canSeeEverything } from "../../lib/credential-names.ts";
import type { Tables } from "./schema.ts";
import type { Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface FileDeps {
  readonly transactions: Transactions;
  readonly contents: FileContents;
  readonly clock: Clock;
  readonly newId: NewId;
}

type Row = Selectable<Tables["files"]>;

export interface SqlFileStore extends FileStore {
  /** Deletes the files that expired before this time, and contents that no file has. Yields after every step. */
  cleanUp(now: number): AsyncGenerator<void>;
}

const cleanupBatchSize = 50;

export function createFileStore({ transactions, contents, clock, newId }: FileDeps): SqlFileStore {
  const { read, write } = transactions;
  const find = async (id: string, viewer: string): Promise<StoredFile> => {
    const row = await read((db) =>
      db.selectFrom("files").selectAll().where("id", "=", id).executeTakeFirst(),
    );
    if (row === undefined || !canView(viewer, row.credential) || row.expires_at <= clock())
      throw createFileNotFoundError(id);
    return toFile(row);
  };

  return {
    receive: (source) => withStorageErrors(() => contents.receive(source)),
    discard: (content) => contents.discard(content),
    create: ({ content, credential, filename, purpose, expiresAfterMs, maxTotalBytes }) =>
      withStorageErrors(async () => {
        const now = clock();
        const { hash, bytes } = content;
        const row = { id: newId("file-"), credential, filename, purpose, bytes, hash };
        const times = { created_at: now, expires_at: now + expiresAfterMs };
        await contents.keep(content, async (tx) => {
          const total = await sumBytes(tx, credential, now);
          if (total + bytes > maxTotalBytes) throw createTotalError(maxTotalBytes);
          await tx
            .insertInto("files")
            .values({ ...row, ...times })
            .execute();
        });
        return toFile({ ...row, ...times });
      }),
    find: (id, viewer) => withStorageErrors(() => find(id, viewer)),
    list: (filter) =>
      withStorageErrors(async () => {
        const after =
          filter.after === undefined ? undefined : await findPosition(filter.after, filter.viewer);
        return (await read((db) => listRows(db, filter, after, clock()))).map(toFile);
      }),
    remove: (id, viewer) =>
      withStorageErrors(async () => {
        const { hash } = await find(id, viewer);
        await write((tx) => tx.deleteFrom("files").where("id", "=", id).execute());
        await contents.removeUnused([hash]);
      }),
    read: (file) => withStorageErrors(() => contents.read(file)),
    open: (file) => withStorageErrors(() => contents.open(file)),
    async *cleanUp(now) {
      while ((await deleteExpired(now)) > 0) yield;
      const hashes = await contents.sweep();
      for (let start = 0; start < hashes.length; start += cleanupBatchSize) {
        await contents.removeUnused(hashes.slice(start, start + cleanupBatchSize));
        yield;
      }
    },
  };

  async function deleteExpired(now: number): Promise<number> {
    const expired = await read((db) =>
      db
        .selectFrom("files")
        .select(["id", "hash"])
        .where("expires_at", "<=", now)
        .limit(cleanupBatchSize)
        .execute(),
    );
    if (expired.length === 0) return 0;
    const ids = expired.map(({ id }) => id);
    await write((tx) => tx.deleteFrom("files").where("id", "in", ids).execute());
    await contents.removeUnused(expired.map(({ hash }) => hash));
    return expired.length;
  }

  async function findPosition(id: string, viewer: string): Promise<StoredFile> {
    return find(id, viewer).catch((error: unknown) => {
      if (!(error instanceof GatewayError) || error.code !== "file_not_found") throw error;
      const name = JSON.stringify(id.slice(0, 100));
      throw new GatewayError("invalid_value", `after: there is no file ${name}`, { param: "after" });
    });
  }
}

async function sumBytes(db: Kysely<Tables>, credential: string, now: number): Promise<number> {
  const { total } = await db
    .selectFrom("files")
    .select((eb) => eb.fn.sum("bytes").as("total"))
    .where("credential", "=", credential)
    .where("expires_at", ">", now)
    .executeTakeFirstOrThrow();
  return Number(total ?? 0);
}

function listRows(
  db: Kysely<Tables>,
  { viewer, purpose, order, limit }: FileFilter,
  after: StoredFile | undefined,
  now: number,
): Promise<readonly Row[]> {
  let query = db.selectFrom("files").selectAll().where("expires_at", ">", now);
  if (!canSeeEverything(viewer)) query = query.where("credential", "=", viewer);
  if (purpose !== undefined) query = query.where("purpose", "=", purpose);
  if (after !== undefined) {
    const beyond = order === "asc" ? ">" : "<";
    query = query.where((eb) =>
      eb.or([
        eb("created_at", beyond, after.createdAt),
        eb.and([eb("created_at", "=", after.createdAt), eb("id", beyond, after.id)]),
      ]),
    );
  }
  return query.orderBy("created_at", order).orderBy("id", order).limit(limit).execute();
}

const toFile = (row: Row): StoredFile => ({
  id: row.id,
  credential: row.credential,
  filename: row.filename,
  purpose: row.purpose,
  bytes: row.bytes,
  hash: row.hash,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

function createFileNotFoundError(id: string): GatewayError {
  const name = JSON.stringify(id.slice(0, 100));
  return new GatewayError("file_not_found", `There is no file ${name}.`, { param: "file_id" });
}

const createTotalError = (maxTotalBytes: number): GatewayError =>
  new GatewayError(
    "request_too_large",
    `The files of a credential may have ${maxTotalBytes} bytes together: delete some, or raise gateway.http.endpoints.files.totalBytes.`,
  );
