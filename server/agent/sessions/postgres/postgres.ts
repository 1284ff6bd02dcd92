/** The store's database on a PostgreSQL server, which any number of nodes may share. */
import { PostgresDialect } from "kysely";
import type { Log } from "../../../lib/ports.ts";
import type { ObserveCommit } from "../group-commit.ts";
import type { JoinOptions, Membership, SqlDatabase } from "../transactions.ts";
import { openBus } from "./bus.ts";
import { createLeaseQueries } from "./lease-queries.ts";
import { lock, migrate } from "./migrate.ts";
import { joinNodes } from "./nodes.ts";
import { createRateStore } from "./rates.ts";
import { createPool, type PoolOptions } from "./pool.ts";
import { createStoredToolTurns } from "./tool-turns.ts";
import { serverNow } from "./server-now.ts";
import { createTransactions } from "./transactions.ts";

export interface PostgresOptions extends PoolOptions {
  /** Address for LISTEN. Default: `url`. A pooler that shares connections between transactions cannot listen. */
  readonly listenUrl?: string | undefined;
  /** Schema of the tables. It is created if it does not exist. */
  readonly schema: string;
  /** How long a node that is not heard of counts as alive, in milliseconds. */
  readonly nodeLeaseMs?: number | undefined;
  readonly observeCommit?: ObserveCommit | undefined;
  readonly log?: Log | undefined;
}

const defaultNodeLeaseMs = 15_000;

export function createPostgres(options: PostgresOptions): SqlDatabase {
  const { schema, observeCommit, log } = options;
  return {
    dialect: new PostgresDialect({
      pool: createPool({ ...options, isDirect: options.listenUrl === undefined }, log),
    }),
    schema,
    statements: {
      lockRows: (query) => query.forUpdate(),
      lock: (tx, name) => lock(tx, schema, name),
      createLeaseQueries,
      now: () => serverNow,
    },
    createSharedState(transactions) {
      const rates = createRateStore(transactions, schema, log);
      const toolTurns = createStoredToolTurns(transactions, log);
      return {
        rates,
        toolTurns,
        async cleanUp() {
          await rates.cleanUp();
          await toolTurns.cleanUp();
        },
      };
    },
    migrate: (db) => migrate(db, schema),
    createTransactions: (db) => createTransactions(db, observeCommit),
    join: (joinOptions) => join(joinOptions, options),
  };
}

async function join(
  joinOptions: JoinOptions,
  { url, listenUrl = url, schema, nodeLeaseMs = defaultNodeLeaseMs }: PostgresOptions,
): Promise<Membership> {
  const { db, self, log } = joinOptions;
  let countOthers = (): number => 0;
  const bus = await openBus({
    db,
    listenUrl,
    channel: schema,
    node: self.id,
    countOthers: () => countOthers(),
    log,
  });
  try {
    const nodes = await joinNodes({
      ...joinOptions,
      leaseMs: nodeLeaseMs,
      onInterrupted: bus.reportGap,
    });
    countOthers = () => nodes.listOthers().length;
    // Other nodes send messages only to nodes that they know, so that this node serves no request before they know it.
    bus.answer("joined", nodes.refresh);
    await bus.ask("joined", self.id);
    return {
      ...nodes,
      bus,
      async close() {
        await nodes.close();
        await bus.close();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}
