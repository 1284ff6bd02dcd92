/** Reads stored events of a response. They are stored in batches, each with the number of its first event. */
import type { Kysely } from "kysely";
import type { StoredEvent } from "./responses.ts";
import type { Tables } from "./schema.ts";

interface EventsPage {
  readonly events: readonly StoredEvent[];
  /** True when more events can follow. */
  readonly isOpen: boolean;
}

export async function readEventsFrom(
  db: Kysely<Tables>,
  id: string,
  from: number,
  now: number,
): Promise<EventsPage> {
  // The status is read first. Events that are added between the two queries are then either read or announced by `isOpen`.
  const row = await db
    .selectFrom("responses")
    .select("status")
    .where("id", "=", id)
    .where("expires_at", ">", now)
    .executeTakeFirst();
  if (row === undefined) return { events: [], isOpen: false };
  const rows = await db
    .selectFrom("response_events")
    .select(["seq", "payload"])
    .where("response_id", "=", id)
    .where((eb) => eb(eb("seq", "+", eb.ref("count")), ">", from))
    .orderBy("seq")
    // One batch at a time: a slow reader does not keep the whole response in memory.
    .limit(1)
    .execute();
  const events = rows
    .flatMap(({ seq, payload }) => payload.split("\n").map((data, index) => ({ seq: seq + index, data })))
    .filter(({ seq }) => seq >= from);
  const isOpen = row.status === "queued" || row.status === "in_progress";
  return { events, isOpen };
}
