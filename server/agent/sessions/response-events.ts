/** The events of a response as they were stored: in batches, each with the number of its first event. */
import type { Kysely } from "kysely";
import type { StoredEvent } from "./responses.ts";
import type { Tables } from "./schema.ts";

interface EventsPage {
  readonly events: readonly StoredEvent[];
  /** There may be more later. */
  readonly open: boolean;
}

export async function eventsFrom(
  db: Kysely<Tables>,
  id: string,
  from: number,
  now: number,
): Promise<EventsPage> {
  // The state is read first: what is added between the two is seen, or the response is still open.
  const row = await db
    .selectFrom("responses")
    .select("status")
    .where("id", "=", id)
    .where("expires_at", ">", now)
    .executeTakeFirst();
  if (row === undefined) return { events: [], open: false };
  const rows = await db
    .selectFrom("response_events")
    .select(["seq", "payload"])
    .where("response_id", "=", id)
    .where((eb) => eb(eb("seq", "+", eb.ref("count")), ">", from))
    .orderBy("seq")
    // One batch, of any size: whoever reads slowly does not have the whole response waiting in memory.
    .limit(1)
    .execute();
  const events = rows
    .flatMap(({ seq, payload }) => payload.split("\n").map((data, index) => ({ seq: seq + index, data })))
    .filter(({ seq }) => seq >= from);
  const open = row.status === "queued" || row.status === "in_progress";
  return { events, open };
}
