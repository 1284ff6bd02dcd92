/** Adds an event about a response to the queue of each webhook receiver, in the transaction that ends the response. */
import type { Transaction } from "kysely";
import type { Clock, Log, NewId } from "../../lib/ports.ts";
import { formatReceiver, type WebhookFilter } from "../../lib/webhook-queue.ts";
import type { FinalResponseStatus } from "./responses.ts";
import type { Tables } from "./schema.ts";
import type { StatementDialect } from "./transactions.ts";

/** Deliveries that one receiver has not accepted yet. Beyond them new events are dropped. */
const maxQueuedDeliveries = 10_000;

interface EndedResponse {
  readonly id: string;
  readonly agentId: string;
  readonly status: FinalResponseStatus;
}

/** Resolves to the number of receivers that get an event. */
export type InsertWebhooks = (tx: Transaction<Tables>, response: EndedResponse) => Promise<number>;

interface InsertDeps {
  /** Read at each use. */
  readonly getReceivers: () => readonly WebhookFilter[];
  readonly statements: StatementDialect;
  /** How long an event is delivered. */
  readonly retryMs: number;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log | undefined;
}

export function createInsertWebhooks(deps: InsertDeps): InsertWebhooks {
  const { getReceivers, statements, retryMs, clock, newId, log } = deps;
  return async (tx, { id, agentId, status }) => {
    const type = status === "interrupted" ? "response.failed" : (`response.${status}` as const);
    const receivers = getReceivers().filter(
      ({ types, agents }) =>
        types?.includes(type) !== false && agents?.some((each) => each.toLowerCase() === agentId) !== false,
    );
    if (receivers.length === 0) return 0;
    const now = statements.now(clock);
    const event = { event_id: newId("evt_"), type, response_id: id, created_at: clock() };
    let count = 0;
    for (const { url } of receivers) {
      if (await isFull(tx, url)) {
        log?.warn("a webhook event was dropped, because its queue is full", {
          receiver: formatReceiver(url),
          responseId: id,
        });
        continue;
      }
      await tx
        .insertInto("webhook_deliveries")
        .values((eb) => ({
          ...event,
          url,
          attempts: 0,
          due_at: now,
          expires_at: eb(now, "+", retryMs),
          node: null,
        }))
        .execute();
      count += 1;
    }
    return count;
  };
}

async function isFull(tx: Transaction<Tables>, url: string): Promise<boolean> {
  const last = await tx
    .selectFrom("webhook_deliveries")
    .select("event_id")
    .where("url", "=", url)
    .limit(1)
    .offset(maxQueuedDeliveries - 1)
    .executeTakeFirst();
  return last !== undefined;
}
