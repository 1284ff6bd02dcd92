/** The clock of the server, on which all nodes agree. */
import { sql, type RawBuilder } from "kysely";

/** Milliseconds since the epoch, also within a transaction that began earlier. */
export const serverNow: RawBuilder<number> = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
