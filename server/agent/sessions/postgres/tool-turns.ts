/** Tool turns of chats without a session on PostgreSQL: the next request of a chat may go to another node. */
import { sql } from "kysely";
import type { Log } from "../../../lib/ports.ts";
import { toolTurnsTtlMs, type ToolTurns } from "../../tool-turns.ts";
import type { Turn } from "../../types.ts";
import type { Transactions } from "../transactions.ts";
import { withStorageErrors } from "../with-storage-errors.ts";
import { serverNow } from "./server-now.ts";
import { createSweep } from "./sweep.ts";

/** Limits for each credential. Beyond them the oldest rows are deleted, within a minute. */
const maxBytes = 64 * 1024 * 1024;
const maxRows = 10_000;

interface StoredToolTurns extends ToolTurns {
  /** Deletes expired rows and those beyond the limits. A node that saves turns calls it once a minute. */
  cleanUp(): Promise<void>;
}

export function createStoredToolTurns(
  { read, writeStatement }: Pick<Transactions, "read" | "writeStatement">,
  log: Log | undefined,
): StoredToolTurns {
  const cleanUp = (): Promise<void> =>
    withStorageErrors(async () => {
      const newestFirst = sql`(partition by credential order by expires_at desc, position)`;
      await writeStatement((db) => {
        const ranked = db
          .selectFrom("tool_turns")
          .select([
            "position",
            sql<number>`row_number() over ${newestFirst}`.as("rank"),
            sql<number>`sum(bytes) over ${newestFirst}`.as("total"),
          ])
          .as("ranked");
        return db
          .deleteFrom("tool_turns")
          .where((eb) =>
            eb.or([
              eb("expires_at", "<=", serverNow),
              eb(
                "position",
                "in",
                eb
                  .selectFrom(ranked)
                  .select("ranked.position")
                  .where((row) => row.or([row("rank", ">", maxRows), row("total", ">", maxBytes)])),
              ),
            ]),
          )
          .execute();
      });
    });
  const sweep = createSweep("toolTurns", cleanUp, log);

  return {
    cleanUp,
    isEmpty: () => false,
    save: ({ position, credential, turns }) =>
      withStorageErrors(async () => {
        sweep();
        const payload = JSON.stringify(turns);
        const row = {
          position,
          credential,
          bytes: Buffer.byteLength(payload),
          payload,
          expires_at: sql<number>`${serverNow} + ${sql.lit(toolTurnsTtlMs)}`,
        };
        await writeStatement((db) =>
          db
            .insertInto("tool_turns")
            .values(row)
            .onConflict((conflict) =>
              conflict.column("position").doUpdateSet((eb) => ({
                bytes: eb.ref("excluded.bytes"),
                payload: eb.ref("excluded.payload"),
                expires_at: eb.ref("excluded.expires_at"),
              })),
            )
            .execute(),
        );
      }),
    find: (credential, positions) =>
      withStorageErrors(async () => {
        const rows = await read((db) =>
          db
            .selectFrom("tool_turns")
            .select(["position", "payload"])
            // One text for lists of every length: the server keeps plans by the text.
            .where(sql<boolean>`position = any(${positions}::text[])`)
            .where("credential", "=", credential)
            .where("expires_at", ">", serverNow)
            .execute(),
        );
        return new Map(
          rows.map(({ position, payload }) => [position, JSON.parse(payload) as readonly Turn[]]),
        );
      }),
  };
}
