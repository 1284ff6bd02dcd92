/** Connections to PostgreSQL for Kysely. A broken one is closed, and the next statement opens another. */
import { Pool, TypeOverrides, types, type PoolClient } from "pg";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import { describeError } from "../../../lib/errors.ts";
import type { Log } from "../../../lib/ports.ts";
import { getSqlState } from "./sql-state.ts";

export interface PoolOptions {
  readonly url: string;
  readonly poolSize: number;
  /** Whether the connections lead to the server itself. A pooler that shares them between transactions forgets names of statements. */
  readonly isDirect?: boolean;
}

const connectTimeoutMs = 5_000;
/** A statement that takes longer has lost its server. */
const statementTimeoutMs = 10_000;
const idleMs = 30_000;

/**
 * A process that is paused in a transaction keeps no row locked for longer. `set local` ends with the transaction, so that a
 * pooler may give the connection to another process afterwards.
 */
const begin = "begin; set local idle_in_transaction_session_timeout = '10s'";

/** The connection or the server has ended, or the server has become a replica. */
const brokenStates = /^(?:08|57P|25006)/;

/** Sums and counts of the store are exact as numbers. */
export function createTypes(): TypeOverrides {
  const overrides = new TypeOverrides();
  overrides.setTypeParser(types.builtins.INT8, Number);
  return overrides;
}

export function createPool(
  { url, poolSize, isDirect = false }: PoolOptions,
  log: Log | undefined,
): PostgresPool {
  const names = createStatementNames(isDirect);
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleMs,
    query_timeout: statementTimeoutMs,
    keepAlive: true,
    // A transaction does not wait for its `begin`.
    pipeline: true,
    application_name: "openclaw",
    types: createTypes(),
  });
  // An error of an idle connection. Without a listener it would end the process.
  pool.on("error", (error) => {
    log?.debug("a connection to the database ended", { cause: describeError(error) });
  });
  pool.on("connect", (client) => {
    // An error of a connection in use rejects its statement.
    client.on("error", () => {});
  });
  const clients = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      const known = clients.get(client);
      if (known !== undefined) return known;
      const adapted = adaptToKysely(client, names);
      clients.set(client, adapted);
      return adapted;
    },
    end: () => pool.end(),
    options: {},
  };
}

interface StatementNames {
  /** The name of a statement, by which the server keeps its plan. Undefined: it has none. */
  find(text: string): string | undefined;
  /** Gives all statements new names: the tables have changed, or a pooler stands in between after all. */
  renew(): void;
}

/** Texts that are built from lists differ each time. They must not fill the memory of the server. */
const maxNames = 100;
const maxRenewals = 5;

function createStatementNames(isDirect: boolean): StatementNames {
  const names = new Map<string, string>();
  let renewals = 0;
  return {
    find(text) {
      if (!isDirect || renewals > maxRenewals) return undefined;
      if (!names.has(text) && names.size < maxNames) names.set(text, `s${renewals}_${names.size}`);
      return names.get(text);
    },
    renew() {
      names.clear();
      renewals += 1;
    },
  };
}

function adaptToKysely(client: PoolClient, names: StatementNames): PostgresPoolClient {
  let isBroken = false;
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      if (parameters.length === 0) return await client.query(text);
      const name = names.find(text);
      const values = parameters.map(replaceNulCharacters);
      return await client.query({ text, values, ...(name !== undefined && { name }) });
    } catch (error) {
      isBroken ||= isConnectionError(error);
      if (isStalePlan(error)) names.renew();
      throw error;
    }
  };
  return {
    query: ((text: string, parameters: readonly unknown[]) => {
      if (text !== "begin") return query(text, parameters);
      // When it fails, so does the next statement.
      query(begin, []).catch(() => {});
      return Promise.resolve({ command: "BEGIN", rowCount: 0, rows: [] });
    }) as PostgresPoolClient["query"],
    release: () => client.release(isBroken),
  };
}

/** PostgreSQL rejects a text with a NUL character. https://www.postgresql.org/docs/current/datatype-character.html */
const replaceNulCharacters = (value: unknown): unknown =>
  typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;

/**
 * The plan of a named statement returns other columns than before, or the server does not know the name. The statement succeeds when
 * its transaction is repeated.
 */
export function isStalePlan(error: unknown): boolean {
  const state = getSqlState(error);
  return (
    state === "26000" ||
    state === "42P05" ||
    (state === "0A000" && describeError(error).includes("cached plan"))
  );
}

/** Errors without a state come from the network. */
function isConnectionError(error: unknown): boolean {
  const state = getSqlState(error);
  return state === undefined || brokenStates.test(state);
}
