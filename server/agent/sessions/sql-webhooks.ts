/** The queue of webhook deliveries in SQL. A claim is a lease: it ends by the clock of the database, or with its node. */
import type { Kysely, RawBuilder } from "kysely";
import type { WebhookEventType } from "../../../contracts/webhook-event.ts";
import type { Clock, Log } from "../../lib/ports.ts";
import { formatReceiver, type WebhookDelivery, type WebhookQueue } from "../../lib/webhook-queue.ts";
import type { Tables, WebhookDeliveryRow } from "./schema.ts";
import type { StatementDialect, Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

interface WebhookDeps {
  readonly transactions: Transactions;
  readonly statements: StatementDialect;
  /** Identifies this process among those that share the store. */
  readonly node: string;
  readonly clock: Clock;
}

export interface SqlWebhookQueue extends WebhookQueue {
  /** Calls the listeners: events were added. */
  notifyAdded(): void;
}

export function createWebhookQueue({ transactions, statements, node, clock }: WebhookDeps): SqlWebhookQueue {
  const listeners = new Set<() => void>();
  const { read, write, writeStatement } = transactions;
  const now = (): RawBuilder<number> => statements.now(clock);

  /** False when another process has the delivery, or had it meanwhile. */
  const claimOne = async (db: Kysely<Tables>, row: WebhookDeliveryRow, leaseMs: number): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable("webhook_deliveries")
      .set((eb) => ({ attempts: row.attempts + 1, due_at: eb(now(), "+", leaseMs), node }))
      .where("event_id", "=", row.event_id)
      .where("url", "=", row.url)
      .where("attempts", "=", row.attempts)
      .where("due_at", "=", row.due_at)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  };
  /** Changes the row of a claim that has not ended. */
  const updateClaimed = (db: Kysely<Tables>, { eventId, url, attempt }: WebhookDelivery) =>
    db
      .updateTable("webhook_deliveries")
      .set({ node: null })
      .where("event_id", "=", eventId)
      .where("url", "=", url)
      .where("attempts", "=", attempt)
      .where("node", "=", node);
  const deleteClaimed = async (
    db: Kysely<Tables>,
    { eventId, url, attempt }: WebhookDelivery,
  ): Promise<boolean> => {
    const { numDeletedRows } = await db
      .deleteFrom("webhook_deliveries")
      .where("event_id", "=", eventId)
      .where("url", "=", url)
      .where("attempts", "=", attempt)
      .where("node", "=", node)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  };

  return {
    claim: (url, limit, leaseMs) =>
      withStorageErrors(async () => {
        const rows = await read((db) =>
          db
            .selectFrom("webhook_deliveries")
            .selectAll()
            .select((eb) => eb("due_at", "-", now()).as("due_in"))
            .where("url", "=", url)
            .orderBy("due_at")
            .orderBy("event_id")
            .limit(limit + 1)
            .execute(),
        );
        const due = rows.slice(0, limit).filter((row) => row.due_in <= 0);
        const next = rows[due.length];
        const nextInMs = next && Math.max(0, next.due_in);
        if (due.length === 0) return { deliveries: [], nextInMs };
        const deliveries = await write(async (tx) => {
          const claimed: WebhookDelivery[] = [];
          for (const row of due) if (await claimOne(tx, row, leaseMs)) claimed.push(toDelivery(row));
          return claimed;
        });
        return { deliveries, nextInMs };
      }),
    remove: (delivery) =>
      withStorageErrors(async () => void (await writeStatement((db) => deleteClaimed(db, delivery)))),
    retry: (delivery, delayMs) =>
      withStorageErrors(() =>
        write(async (tx) => {
          const { numUpdatedRows } = await updateClaimed(tx, delivery)
            .set((eb) => ({ due_at: eb(now(), "+", delayMs) }))
            .where((eb) => eb("expires_at", ">", eb(now(), "+", delayMs)))
            .executeTakeFirstOrThrow();
          return numUpdatedRows > 0n || !(await deleteClaimed(tx, delivery));
        }),
      ),
    release: (delivery) =>
      withStorageErrors(async () => {
        const attempts = delivery.attempt - 1;
        await writeStatement((db) => updateClaimed(db, delivery).set({ attempts, due_at: now() }).execute());
      }),
    count: () =>
      transactions.readInternally(async (db) => {
        const { count } = await db
          .selectFrom("webhook_deliveries")
          .select((eb) => eb.fn.countAll<number>().as("count"))
          .executeTakeFirstOrThrow();
        return count;
      }),
    onAdded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    notifyAdded() {
      for (const listener of listeners) listener();
    },
  };
}

/** Ends the claims of a node that has died, or of all nodes. Their deliveries are due at once. */
export async function releaseClaims(db: Kysely<Tables>, node: string | undefined): Promise<void> {
  await db
    .updateTable("webhook_deliveries")
    .set({ node: null, due_at: 0 })
    .where("node", "is not", null)
    .$if(node !== undefined, (all) => all.where("node", "=", node ?? ""))
    .execute();
}

/** Deletes events whose time is over and that no receiver of this configuration has. */
export async function* cleanUpWebhooks(
  { writeStatement }: Transactions,
  now: RawBuilder<number>,
  log: Log | undefined,
): AsyncGenerator<void> {
  const rows = await writeStatement((db) =>
    db.deleteFrom("webhook_deliveries").where("expires_at", "<=", now).returning("url").execute(),
  );
  for (const [url, deleted] of Map.groupBy(rows, (row) => row.url)) {
    log?.warn("webhook events were given up: no gateway has delivered them in time", {
      receiver: formatReceiver(url),
      events: deleted.length,
    });
  }
  yield;
}

const toDelivery = (row: WebhookDeliveryRow): WebhookDelivery => ({
  eventId: row.event_id,
  url: row.url,
  type: row.type as WebhookEventType,
  responseId: row.response_id,
  createdAt: row.created_at,
  attempt: row.attempts + 1,
});
