/** The contents of files in the database, which all nodes share: rows of at most 256 KiB, so that none is long in memory. */
import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { Transaction } from "kysely";
import type { Clock } from "../../lib/ports.ts";
import type { ContentName, FileContents } from "./file-contents.ts";
import type { Tables } from "./schema.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";

interface DatabaseContentsDeps {
  readonly transactions: Pick<Transactions, "read" | "write" | "writeStatement">;
  readonly statements: Pick<StatementDialect, "lock">;
  readonly clock: Clock;
}

const chunkBytes = 262_144;
const incomingPrefix = "incoming:";
/** A content that has arrived for so long was left by a crash. */
const maxIncomingMs = 3_600_000;
const sweepBatchSize = 1_000;

export function createDatabaseContents({
  transactions: { read, write, writeStatement },
  statements,
  clock,
}: DatabaseContentsDeps): FileContents {
  const remove = (place: string): Promise<unknown> =>
    writeStatement((db) => db.deleteFrom("file_chunks").where("content", "=", place).execute());

  async function* readChunks({ hash, bytes }: ContentName): AsyncGenerator<Buffer> {
    let remaining = bytes;
    for (let seq = 0; remaining > 0; seq += 1) {
      const chunk = await read((db) =>
        db
          .selectFrom("file_chunks")
          .select("data")
          .where("content", "=", hash)
          .where("seq", "=", seq)
          .executeTakeFirst(),
      );
      // The file was deleted while it was read.
      if (chunk === undefined) throw new Error("a part of the file's content is gone");
      remaining -= chunk.data.length;
      yield Buffer.from(chunk.data);
    }
  }

  return {
    async receive(source) {
      const place = incomingPrefix + randomUUID();
      const hash = createHash("sha256");
      let bytes = 0;
      let seq = 0;
      try {
        for await (const data of splitEvenly(source)) {
          hash.update(data);
          bytes += data.length;
          const chunk = { content: place, seq, data, created_at: clock() };
          await writeStatement((db) => db.insertInto("file_chunks").values(chunk).execute());
          seq += 1;
        }
      } catch (error) {
        await remove(place).catch(() => {});
        throw error;
      }
      return { place, bytes, hash: hash.digest("hex") };
    },
    discard: async ({ place }) => void (await remove(place)),
    keep: ({ place, hash }, insertFile) =>
      write(async (tx) => {
        // Another node may remove the last file of an equal content.
        await statements.lock(tx, "files");
        if (await hasContent(tx, hash))
          await tx.deleteFrom("file_chunks").where("content", "=", place).execute();
        else
          await tx.updateTable("file_chunks").set({ content: hash }).where("content", "=", place).execute();
        await insertFile(tx);
      }),
    read: async (file) => Buffer.concat(await Array.fromAsync(readChunks(file))),
    open: (file) => Promise.resolve(Readable.from(readChunks(file), { objectMode: false })),
    async removeUnused(hashes) {
      if (hashes.length === 0) return;
      await write(async (tx) => {
        await statements.lock(tx, "files");
        await tx
          .deleteFrom("file_chunks")
          .where("content", "in", hashes)
          .where("content", "not in", tx.selectFrom("files").select("hash"))
          .execute();
      });
    },
    async sweep() {
      await writeStatement((db) =>
        db
          .deleteFrom("file_chunks")
          .where("content", "like", `${incomingPrefix}%`)
          .where("created_at", "<", clock() - maxIncomingMs)
          .execute(),
      );
      const unused = await read((db) =>
        db
          .selectFrom("file_chunks")
          .select("content")
          .where("seq", "=", 0)
          .where("content", "not like", `${incomingPrefix}%`)
          .where("content", "not in", db.selectFrom("files").select("hash"))
          .limit(sweepBatchSize)
          .execute(),
      );
      return unused.map(({ content }) => content);
    },
  };
}

async function hasContent(tx: Transaction<Tables>, hash: string): Promise<boolean> {
  const first = await tx
    .selectFrom("file_chunks")
    .select("seq")
    .where("content", "=", hash)
    .where("seq", "=", 0)
    .executeTakeFirst();
  return first !== undefined;
}

/** Yields the same bytes in chunks of `chunkBytes`; the last may be shorter. */
async function* splitEvenly(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let length = 0;
  for await (const part of source) {
    pending.push(part);
    length += part.length;
    if (length < chunkBytes) continue;
    const joined = Buffer.concat(pending);
    const end = length - (length % chunkBytes);
    for (let start = 0; start < end; start += chunkBytes) yield joined.subarray(start, start + chunkBytes);
    pending = [joined.subarray(end)];
    length -= end;
  }
  if (length > 0) yield Buffer.concat(pending);
}
