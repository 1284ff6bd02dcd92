/** The idempotency store in SQL. */
import { createHash } from "node:crypto";
import type { Clock, NewId } from "../../lib/ports.ts";
import type { Claim, IdempotencyScope, IdempotencyStore, StoredResult } from "./idempotency.ts";
import { repeatForSlice } from "./repeat-for-slice.ts";
import type { Tables } from "./schema.ts";
import type { Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface IdempotencyDeps {
  readonly transactions: Transactions;
  /** Identifies this process among those that share the store. */
  readonly node: string;
  readonly clock: Clock;
  /** While it is false, a stored result is replayed although its time is over. */
  readonly isClockTrusted: () => boolean;
  readonly newId: NewId;
}

const ttlMs = 24 * 3_600_000;
const batchSize = 20;

export function createIdempotencyStore({
  transactions,
  node,
  clock,
  isClockTrusted,
  newId,
}: IdempotencyDeps): IdempotencyStore {
  return {
    claim: (scope, fingerprint) =>
      withStorageErrors(async () => {
        const id = hashScope(scope);
        const claim = newId("claim_");
        const now = clock();
        const row = await transactions.write(async (tx) => {
          const expired = tx.deleteFrom("idempotency").where("id", "=", id).where("expires_at", "<=", now);
          if (isClockTrusted()) await expired.execute();
          return tx
            .insertInto("idempotency")
            .values({ id, fingerprint, claim, node, expires_at: now + ttlMs })
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
          const values = { claim: null, status, headers: JSON.stringify(headers), body };
          await transactions.write((tx) =>
            tx
              .updateTable("idempotency")
              .set({ ...values, expires_at: clock() + ttlMs })
              .where("id", "=", id)
              .where("claim", "=", claim)
              .execute(),
          );
        }),
      release: () =>
        withStorageErrors(async () => {
          await transactions.write((tx) =>
            tx.deleteFrom("idempotency").where("id", "=", id).where("claim", "=", claim).execute(),
          );
        }),
    };
  }
}

/** Deletes expired results. Yields after every batch. */
export async function* cleanUpIdempotency({ write }: Transactions, now: number): AsyncGenerator<void> {
  for (;;) {
    const deletedCount = await write((tx) =>
      repeatForSlice(async () => {
        const expiredIds = tx
          .selectFrom("idempotency")
          .select("id")
          .where("expires_at", "<=", now)
          .limit(batchSize);
        const deletion = tx.deleteFrom("idempotency").where("id", "in", expiredIds);
        return Number((await deletion.executeTakeFirstOrThrow()).numDeletedRows);
      }),
    );
    if (deletedCount === 0) return;
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
