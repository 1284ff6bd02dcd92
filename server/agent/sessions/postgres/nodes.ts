/**
 * The nodes that share a database. Each renews its lease by the clock of the server. When the lease of one has ended, another
 * node marks what it left behind as interrupted, once.
 */
import { sql } from "kysely";
import { describeError } from "../../../lib/errors.ts";
import { latestVersion } from "../migrations.ts";
import type { JoinOptions, Membership, NodeInfo } from "../transactions.ts";
import { serverNow } from "./server-now.ts";

interface NodesOptions extends JoinOptions {
  /** How long a node that is not heard of counts as alive. */
  readonly leaseMs: number;
  /** Called after the runs of a dead node were marked as interrupted. */
  readonly onInterrupted: () => void;
}

export type Nodes = Omit<Membership, "bus">;

/** Rejects when the database cannot be reached. */
export async function joinNodes(options: NodesOptions): Promise<Nodes> {
  const { db, self, leaseMs, log } = options;
  let others: readonly NodeInfo[] = [];
  let pending: Promise<void> | undefined;
  let isCompatible = true;
  const leaseUntil = sql<number>`${serverNow} + ${sql.lit(leaseMs)}`;
  const readLoad = (): { readonly runs: number; readonly draining: number } => {
    const { runs, isDraining } = options.readLoad();
    return { runs, draining: isDraining ? 1 : 0 };
  };

  const join = async (): Promise<void> => {
    const { id, name, version, startedAt } = self;
    await db
      .insertInto("nodes")
      .values({ id, name, version, started_at: startedAt, lease_until: leaseUntil, ...readLoad() })
      .execute();
  };
  const renew = async (): Promise<void> => {
    const { numUpdatedRows } = await db
      .updateTable("nodes")
      .set({ lease_until: leaseUntil, ...readLoad() })
      .where("id", "=", self.id)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) return;
    log?.warn("this node was not heard of for too long: its runs were marked as interrupted", {
      nodeId: self.id,
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
    log?.warn("a node is gone: its runs were marked as interrupted", { goneNode: name, goneNodeId: id });
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
    async listAll() {
      await refresh();
      const rows = await db.selectFrom("nodes").selectAll().orderBy("started_at").orderBy("id").execute();
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        version: row.version,
        startedAt: row.started_at,
        runs: row.runs,
        isDraining: row.draining === 1,
        lastHeartbeatAt: row.lease_until - leaseMs,
      }));
    },
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
