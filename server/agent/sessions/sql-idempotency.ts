/** The idempotency store in SQL. */
import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Clock, NewId } from "../../lib/ports.ts";
import type { Claim, IdempotencyScope, IdempotencyStore, StoredResult } from "./idempotency.ts";
import type { Tables } from "./schema.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface IdempotencyDeps {
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  readonly newId: NewId;
}

const ttlMs = 24 * 3_600_000;
const batchSize = 50;

export function createIdempotencyStore({ db, clock, newId }: IdempotencyDeps): IdempotencyStore {
  return {
    claim: (scope, fingerprint) =>
      withStorageErrors(async () => {
        const id = hashScope(scope);
        const claim = newId("claim_");
        const now = clock();
        const row = await db.transaction().execute(async (tx) => {
          await tx.deleteFrom("idempotency").where("id", "=", id).where("expires_at", "<=", now).execute();
          return tx
            .insertInto("idempotency")
            .values({ id, fingerprint, claim, expires_at: now + ttlMs })
            .onConflict((conflict) => conflict.column("id").doUpdateSet({ id }))
            .returningAll()
            .executeTakeFirstOrThrow();
        });
        if (row.claim === claim) return createClaim(id, claim);
        if (row.fingerprint !== fingerprint) return { state: "mismatch" };
        if (row.claim !== null) return { state: "running" };
        return { state: "replay", result: toStoredResult(row) };
      }),
  };

  function createClaim(id: string, claim: string): Claim {
    return {
      state: "new",
      complete: ({ status, headers, body }: StoredResult) =>
        withStorageErrors(async () => {
          await db
            .updateTable("idempotency")
            .set({
              claim: null,
              status,
              headers: JSON.stringify(headers),
              body,
              expires_at: clock() + ttlMs,
            })
            .where("id", "=", id)
            .where("claim", "=", claim)
            .execute();
        }),
      release: () =>
        withStorageErrors(async () => {
          await db.deleteFrom("idempotency").where("id", "=", id).where("claim", "=", claim).execute();
        }),
    };
  }
}

/** Deletes expired results. Yields after every batch. */
export async function* cleanUpIdempotency(db: Kysely<Tables>, now: number): AsyncGenerator<void> {
  for (;;) {
    const expiredIds = db
      .selectFrom("idempotency")
      .select("id")
      .where("expires_at", "<=", now)
      .limit(batchSize);
    const { numDeletedRows } = await db
      .deleteFrom("idempotency")
      .where("id", "in", expiredIds)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return;
    yield;
  }
}

/** The store holds only a hash, because an idempotency key can be a secret of its client. */
function hashScope({ credential, method, path, key }: IdempotencyScope): string {
  return createHash("sha256")
    .update(JSON.stringify([credential, method, path, key]))
    .digest("base64url");
}

function toStoredResult({ status, headers, body }: Tables["idempotency"]): StoredResult {
  // `complete` has written the JSON.
  const parsed = JSON.parse(headers ?? "{}") as StoredResult["headers"];
  return { status: status ?? 200, headers: parsed, body: body ?? "" };
}
