/** Keeps one connection to one MCP server. Callers share one start; after a failure the next start waits longer. */
import type { Clock, Log } from "../../lib/ports.ts";
import type { Connection } from "./connection.ts";

interface ConnectionManagerDeps {
  readonly name: string;
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ConnectionManager {
  /** Returns the connection and opens it if there is none. Rejects with a message for the caller. */
  connect(): Promise<Connection>;
  /** Returns the open connection, if any. */
  getCurrent(): Connection | undefined;
  /** Closes the connection and delays the next start. */
  markFailed(connection: Connection, reason: string): void;
  /** Closes a connection whose session has expired. The next start is not delayed. */
  discard(connection: Connection): void;
  /** Why the server is down; undefined while it works, and before its first start. */
  getOutage(): Backoff | undefined;
  close(): Promise<void>;
}

export interface Backoff {
  /** When the server stopped working. */
  readonly since: number;
  /** Continues "The MCP server". */
  readonly reason: string;
  readonly failures: number;
  /** The server is not started again before this time. */
  readonly until: number;
}

const maxDelayMs = 60_000;
/** A server that ran this long has recovered: its next failure counts as the first. */
const resetAfterMs = 60_000;

export function createConnectionManager({
  name,
  open,
  clock,
  log,
}: ConnectionManagerDeps): ConnectionManager {
  let active: { readonly connection: Connection; readonly since: number } | undefined;
  let starting: Promise<Connection> | undefined;
  let outage: Backoff | undefined;
  const shutdown = new AbortController();
  const closing = new Set<Connection>();

  async function start(): Promise<Connection> {
    const startedAt = clock();
    let connection: Connection;
    try {
      connection = await open(shutdown.signal);
    } catch (error) {
      if (shutdown.signal.aborted) throw createStoppingError(error);
      throw createDownError(recordFailure(undefined, (error as Error).message));
    }
    active = { connection, since: clock() };
    log.info("MCP server started", { server: name, ms: clock() - startedAt });
    void connection.ended.then(() =>
      markFailed(connection, connection.getEndReason() ?? "closed the connection"),
    );
    return connection;
  }

  function recordFailure(uptimeMs: number | undefined, reason: string): Backoff {
    outage = nextBackoff(outage, clock(), uptimeMs, reason);
    log.warn("MCP server is down", { server: name, reason, retryInMs: outage.until - clock() });
    return outage;
  }

  function createDownError({ since, reason, until }: Backoff): Error {
    const seconds = Math.max(1, Math.ceil((until - clock()) / 1000));
    return new Error(
      `The MCP server "${name}" has been down since ${new Date(since).toISOString()}: it ${reason}. It can be tried again in ${seconds} s.`,
    );
  }

  const createStoppingError = (cause?: unknown): Error => new Error("The gateway is stopping.", { cause });

  /** Takes the connection out of use; calls in progress finish. Returns its uptime; undefined if it is not in use. */
  function retire(connection: Connection): number | undefined {
    if (active?.connection !== connection) return undefined;
    const uptimeMs = clock() - active.since;
    active = undefined;
    closing.add(connection);
    void connection.closeWhenIdle().finally(() => closing.delete(connection));
    return uptimeMs;
  }

  function markFailed(connection: Connection, reason: string): void {
    const uptimeMs = retire(connection);
    if (uptimeMs !== undefined) recordFailure(uptimeMs, reason);
  }

  return {
    async connect() {
      if (shutdown.signal.aborted) throw createStoppingError();
      if (active !== undefined) return active.connection;
      if (starting === undefined && outage !== undefined && clock() < outage.until)
        throw createDownError(outage);
      starting ??= start().finally(() => (starting = undefined));
      return starting;
    },
    getCurrent: () => active?.connection,
    getOutage: () => (active === undefined ? outage : undefined),
    markFailed,
    discard: (connection) => void retire(connection),
    async close() {
      shutdown.abort();
      await starting?.catch(() => {});
      if (active !== undefined) retire(active.connection);
      await Promise.all([...closing].map((connection) => connection.close()));
    },
  };
}

/** `uptimeMs`: how long the server had worked; undefined if it could not be started. */
export function nextBackoff(
  previous: Backoff | undefined,
  now: number,
  uptimeMs: number | undefined,
  reason: string,
): Backoff {
  const failures = previous === undefined || (uptimeMs ?? 0) >= resetAfterMs ? 1 : previous.failures + 1;
  return {
    since: uptimeMs === undefined ? (previous?.since ?? now) : now,
    reason,
    failures,
    until: now + Math.min(1000 * 2 ** (failures - 1), maxDelayMs),
  };
}
