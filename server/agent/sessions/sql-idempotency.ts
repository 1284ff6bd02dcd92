/** Claims on requests and their answers, in SQL. */
import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Clock, NewId } from "../types.ts";
import type { Claim, IdempotencyScope, IdempotencyStore, StoredAnswer } from "./idempotency.ts";
import type { Tables } from "./schema.ts";
import { stored } from "./storage-failure.ts";

interface IdempotencyParts {
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  readonly newId: NewId;
}

const keptMs = 24 * 3_600_000;
const batch = 50;

export function createIdempotency({ db, clock, newId }: IdempotencyParts): IdempotencyStore {
  return {
    claim: (scope, fingerprint) =>
      stored(async () => {
        const id = digest(scope);
        const claim = newId("claim_");
        const now = clock();
        const found = await db.transaction().execute(async (tx) => {
          await tx.deleteFrom("idempotency").where("id", "=", id).where("expires_at", "<=", now).execute();
          return tx
            .insertInto("idempotency")
            .values({ id, fingerprint, claim, expires_at: now + keptMs })
            .onConflict((conflict) => conflict.column("id").doUpdateSet({ id }))
            .returningAll()
            .executeTakeFirstOrThrow();
        });
        if (found.claim === claim) return held(id, claim);
        if (found.fingerprint !== fingerprint) return { state: "mismatch" };
        if (found.claim !== null) return { state: "running" };
        return { state: "replay", answer: toAnswer(found) };
      }),
  };

  function held(id: string, claim: string): Claim {
    return {
      state: "new",
      complete: ({ status, headers, body }: StoredAnswer) =>
        stored(async () => {
          await db
            .updateTable("idempotency")
            .set({
              claim: null,
              status,
              headers: JSON.stringify(headers),
              body,
              expires_at: clock() + keptMs,
            })
            .where("id", "=", id)
            .where("claim", "=", claim)
            .execute();
        }),
      abandon: () =>
        stored(async () => {
          await db.deleteFrom("idempotency").where("id", "=", id).where("claim", "=", claim).execute();
        }),
    };
  }
}

/** Yields after every small step. */
export async function* sweepIdempotency(db: Kysely<Tables>, now: number): AsyncGenerator<void> {
  for (;;) {
    const old = db.selectFrom("idempotency").select("id").where("expires_at", "<=", now).limit(batch);
    const { numDeletedRows } = await db
      .deleteFrom("idempotency")
      .where("id", "in", old)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return;
    yield;
  }
}

/** Who asks twice knows the key; nobody else can learn it here. */
function digest({ credential, method, path, key }: IdempotencyScope): string {
  return createHash("sha256")
    .update(JSON.stringify([credential, method, path, key]))
    .digest("base64url");
}

function toAnswer({ status, headers, body }: Tables["idempotency"]): StoredAnswer {
  // Written by `complete`.
  const parsed = JSON.parse(headers ?? "{}") as StoredAnswer["headers"];
  return { status: status ?? 200, headers: parsed, body: body ?? "" };
}
