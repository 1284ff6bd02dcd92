/**
 * Limits the connections that have not called `connect` yet: per address, and in total. When a limit is reached, the oldest
 * such connection that has waited too long makes room, so that silent connections cannot keep others out.
 */
import { GatewayError } from "../lib/errors.ts";

interface PendingLimits {
  readonly maxPendingPerAddress: number;
  readonly maxPending: number;
  /** A connection that has waited longer than this can be replaced by a new one. */
  readonly pendingGraceMs: number;
}

export interface PendingConnections {
  /**
   * Returns a function that removes the connection; further calls do nothing. `evict` is called when a newer connection
   * replaces this one. Throws `server_overloaded` when a limit is reached and no connection can be replaced.
   */
  add(address: string, evict: () => void): () => void;
}

interface PendingConnection {
  readonly address: string;
  readonly addedAt: number;
  readonly evict: () => void;
}

export function createPendingConnections({
  maxPendingPerAddress,
  maxPending,
  pendingGraceMs,
}: PendingLimits): PendingConnections {
  /** In the order in which they were added. */
  const all = new Set<PendingConnection>();
  const byAddress = new Map<string, Set<PendingConnection>>();

  const remove = (connection: PendingConnection): void => {
    all.delete(connection);
    const siblings = byAddress.get(connection.address);
    siblings?.delete(connection);
    if (siblings?.size === 0) byAddress.delete(connection.address);
  };
  const evictOldest = (connections: ReadonlySet<PendingConnection>): void => {
    const [oldest] = connections;
    if (oldest === undefined || performance.now() - oldest.addedAt < pendingGraceMs) {
      throw new GatewayError(
        "server_overloaded",
        "Too many open sockets have not called connect yet. Call connect at once, or send the credential as `Authorization: Bearer <secret>` with the upgrade; then this limit does not apply.",
        { retryAfterSeconds: Math.ceil(pendingGraceMs / 1000) },
      );
    }
    remove(oldest);
    oldest.evict();
  };

  return {
    add(address, evict) {
      const siblings = byAddress.get(address) ?? new Set<PendingConnection>();
      if (siblings.size >= maxPendingPerAddress) evictOldest(siblings);
      else if (all.size >= maxPending) evictOldest(all);
      const connection = { address, addedAt: performance.now(), evict };
      all.add(connection);
      siblings.add(connection);
      byAddress.set(address, siblings);
      return () => remove(connection);
    },
  };
}
