/** Sessions that nobody has used for long, and those that are too many: the longest unused go first. */
import type { Kysely, Transaction } from "kysely";
import type { Config } from "../../../contracts/config/config.ts";
import { durationMs } from "../../../contracts/config/fields.ts";
import type { Log } from "../types.ts";
import type { SessionChanges } from "./catalog.ts";
import { discard } from "./discarded.ts";
import type { Tables } from "./schema.ts";

interface SweepParts {
  readonly db: Kysely<Tables>;
  readonly changes: SessionChanges;
  /** `session.maintenance` of the configuration. */
  readonly rules: Config["session"]["maintenance"] | undefined;
  readonly now: number;
  readonly log: Log | undefined;
}

const batch = 200;

/** A session in which a run is at work stays. */
export async function* sweepSessions(parts: SweepParts): AsyncGenerator<void> {
  const { db, changes, rules, now, log } = parts;
  if (rules === undefined) return;
  const unusedSince = now - durationMs(rules.pruneAfter);
  const tooMany = rules.maxEntries === undefined ? 0 : Math.max(0, (await count(db)) - rules.maxEntries);
  if (rules.mode === "warn") {
    const due = Math.max(tooMany, await count(db, unusedSince));
    if (due > 0) log?.warn("sessions are due to be deleted, session.maintenance.mode keeps them", { due });
    return;
  }
  let deleted = 0;
  for (;;) {
    const gone = await db
      .transaction()
      .execute((tx) => deleteOldest(tx, unusedSince, Math.max(0, tooMany - deleted)));
    for (const { key, credential } of gone) changes.tell(key, { reason: "deleted", credential });
    deleted += gone.length;
    if (gone.length === 0) break;
    yield;
  }
  if (deleted > 0) log?.info("unused sessions were deleted", { deleted });
}

async function deleteOldest(
  tx: Transaction<Tables>,
  unusedSince: number,
  tooMany: number,
): Promise<readonly { readonly key: string; readonly credential: string }[]> {
  const oldest = await tx
    .selectFrom("sessions")
    .select(["key", "updated_at"])
    .where("lease_owner", "is", null)
    .orderBy("updated_at")
    .limit(batch)
    .execute();
  const due = oldest.filter(({ updated_at: at }, index) => at < unusedSince || index < tooMany);
  if (due.length === 0) return [];
  const gone = await tx
    .deleteFrom("sessions")
    .where(
      "key",
      "in",
      due.map(({ key }) => key),
    )
    .where("lease_owner", "is", null)
    .returning(["key", "id", "credential"])
    .execute();
  await discard(tx, ...gone.map(({ id }) => id));
  return gone;
}

async function count(db: Kysely<Tables>, unusedSince?: number): Promise<number> {
  let query = db.selectFrom("sessions").select((eb) => eb.fn.countAll().as("n"));
  if (unusedSince !== undefined) query = query.where("updated_at", "<", unusedSince);
  return Number((await query.executeTakeFirstOrThrow()).n);
}
