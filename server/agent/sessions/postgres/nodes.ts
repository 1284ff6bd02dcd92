/**
 * The nodes that share a database. Each renews its lease by the clock of the server. When the lease of one has ended, another
 * node marks what it left behind as interrupted, once.
 */
import { sql } from "kysely";
import { describeError } from "../../../lib/errors.ts";
import { latestVersion } from "../migrations.ts";
import type { JoinOptions, Membership, NodeInfo } from "../transactions.ts";
import { serverNow } from "./lease-queries.ts";

interface NodesOptions extends JoinOptions {
  /** How long a node that is not heard of counts as alive. */
  readonly leaseMs: number;
  /** Called after the runs of a dead node were marked as interrupted. */
  readonly onInterrupted: () => void;
}

export interface Nodes extends Omit<Membership, "bus"> {
  /** Looks at once which nodes are alive. */
  refresh(): Promise<void>;
}

/** Rejects when the database cannot be reached. */
export async function joinNodes(options: NodesOptions): Promise<Nodes> {
  const { db, self, leaseMs, log } = options;
  let others: readonly NodeInfo[] = [];
  let pending: Promise<void> | undefined;
  let isCompatible = true;
  const leaseUntil = sql<number>`${serverNow} + ${sql.lit(leaseMs)}`;

  const join = async (): Promise<void> => {
    const { id, name, version, startedAt } = self;
    await db
      .insertInto("nodes")
      .values({ id, name, version, started_at: startedAt, lease_until: leaseUntil })
      .execute();
  };
  const renew = async (): Promise<void> => {
    const { numUpdatedRows } = await db
      .updateTable("nodes")
      .set({ lease_until: leaseUntil })
      .where("id", "=", self.id)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) return;
    log?.warn("this node was not heard of for too long: its runs were marked as interrupted", {
      node: self.id,
    });
    await join();
  };
  const checkVersion = async (): Promise<void> => {
    const { version, min_version: minVersion } = await db
      .selectFrom("store")
      .select(["version", "min_version"])
      .executeTakeFirstOrThrow();
    const wasCompatible = isCompatible;
    isCompatible = minVersion <= latestVersion;
    if (wasCompatible && !isCompatible)
      log?.error("a newer gateway has changed the store: this one is too old to use it", { version });
  };
  const heartbeat = async (): Promise<void> => {
    await renew();
    await checkVersion();
    const rows = await db
      .selectFrom("nodes")
      .selectAll()
      .select(sql<boolean>`lease_until < ${serverNow}`.as("is_dead"))
      .where("id", "<>", self.id)
      .orderBy("started_at")
      .execute();
    for (const { id, name } of rows.filter(({ is_dead: isDead }) => isDead)) await remove(id, name);
    others = rows
      .filter(({ is_dead: isDead }) => !isDead)
      .map(({ id, name, version, started_at: startedAt }) => ({ id, name, version, startedAt }));
  };
  /** Several nodes may find the same dead one. One of them deletes its row. */
  const remove = async (id: string, name: string): Promise<void> => {
    const isRemoved = await db.transaction().execute(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom("nodes")
        .where("id", "=", id)
        .where("lease_until", "<", serverNow)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) return false;
      await options.markInterrupted(tx, id);
      return true;
    });
    if (!isRemoved) return;
    log?.warn("a node is gone: its runs were marked as interrupted", { node: id, name });
    options.onInterrupted();
  };
  const refresh = (): Promise<void> =>
    (pending ??= heartbeat()
      .catch((error: unknown) =>
        log?.warn("the lease of this node could not be renewed", { cause: describeError(error) }),
      )
      .finally(() => (pending = undefined)));

  await join();
  await refresh();
  const timer = setInterval(() => void refresh(), leaseMs / 3).unref();
  return {
    listOthers: () => others,
    isCompatible: () => isCompatible,
    refresh,
    async close() {
      clearInterval(timer);
      await pending;
      await db
        .transaction()
        .execute(async (tx) => {
          await options.markInterrupted(tx, self.id);
          await tx.deleteFrom("nodes").where("id", "=", self.id).execute();
        })
        // Its lease ends by itself.
        .catch((error: unknown) => log?.debug("this node could not leave", { cause: describeError(error) }));
    },
  };
}
