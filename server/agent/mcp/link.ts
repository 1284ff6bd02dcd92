/** Keeps one connection to one server: made when needed, by one start for all who wait, and not too often when it fails. */
import type { Clock, Log } from "../types.ts";
import type { Connection } from "./connection.ts";
import { outageAfter, type Outage } from "./outage.ts";

interface LinkParts {
  readonly name: string;
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Link {
  /** The connection; made when there is none. Rejects in words for people. */
  connect(): Promise<Connection>;
  /** The connection, if there is one. */
  current(): Connection | undefined;
  /** This connection has turned out to be of no use. */
  fail(connection: Connection, reason: string): void;
  /** The server has forgotten this connection, and will take a new one at once. */
  renew(connection: Connection): void;
  close(): Promise<void>;
}

export function createLink({ name, open, clock, log }: LinkParts): Link {
  let live: { readonly connection: Connection; readonly since: number } | undefined;
  let starting: Promise<Connection> | undefined;
  let outage: Outage | undefined;
  const stop = new AbortController();
  const retired = new Set<Connection>();

  async function start(): Promise<Connection> {
    const began = clock();
    let connection: Connection;
    try {
      connection = await open(stop.signal);
    } catch (error) {
      if (stop.signal.aborted) throw stopped(error);
      throw down(note(undefined, (error as Error).message));
    }
    live = { connection, since: clock() };
    log.info("MCP server started", { server: name, ms: clock() - began });
    void connection.ended.then(() => fail(connection, connection.endReason() ?? "closed the connection"));
    return connection;
  }

  function note(ranMs: number | undefined, reason: string): Outage {
    outage = outageAfter(outage, clock(), ranMs, reason);
    log.warn("MCP server is down", { server: name, reason, retryInMs: outage.until - clock() });
    return outage;
  }

  function down({ since, reason, until }: Outage): Error {
    const seconds = Math.max(1, Math.ceil((until - clock()) / 1000));
    return new Error(
      `The MCP server "${name}" is down since ${new Date(since).toISOString()}: it ${reason}. It can be tried again in ${seconds} s.`,
    );
  }

  const stopped = (cause?: unknown): Error => new Error("The gateway is stopping.", { cause });

  /** How long it has worked; undefined when it is out of use already. What others have asked it may still come. */
  function release(connection: Connection): number | undefined {
    if (live?.connection !== connection) return undefined;
    const ranMs = clock() - live.since;
    live = undefined;
    retired.add(connection);
    void connection.retire().finally(() => retired.delete(connection));
    return ranMs;
  }

  function fail(connection: Connection, reason: string): void {
    const ranMs = release(connection);
    if (ranMs !== undefined) note(ranMs, reason);
  }

  return {
    async connect() {
      if (stop.signal.aborted) throw stopped();
      if (live !== undefined) return live.connection;
      if (starting === undefined && outage !== undefined && clock() < outage.until) throw down(outage);
      starting ??= start().finally(() => (starting = undefined));
      return starting;
    },
    current: () => live?.connection,
    fail,
    renew: (connection) => void release(connection),
    async close() {
      stop.abort();
      await starting?.catch(() => {});
      if (live !== undefined) release(live.connection);
      await Promise.all([...retired].map((connection) => connection.close()));
    },
  };
}
