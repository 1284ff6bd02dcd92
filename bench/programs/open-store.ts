/** Opens a store in a new folder of the working directory, and measures how long the event loop is held. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { createPostgres } from "../../server/agent/sessions/postgres/postgres.ts";
import type { SqlDatabase } from "../../server/agent/sessions/transactions.ts";
import { createNodeSqlite } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore, type Store } from "../../server/agent/sessions/sql-store.ts";
import { randomId } from "../../server/lib/ids.ts";

export interface TemporaryStore {
  readonly store: Store;
  close(): Promise<void>;
}

interface TemporaryStoreOptions {
  /** The wall clock, whose steps the running time follows. */
  readonly time?: () => number;
  /** A PostgreSQL server. Its schema `bench` is dropped first. Default: a file. */
  readonly url?: string | undefined;
}

export async function openTemporaryStore({
  time = Date.now,
  url,
}: TemporaryStoreOptions = {}): Promise<TemporaryStore> {
  const folder = mkdtempSync(join(process.cwd(), "store-bench-"));
  const store = await openSqlStore({
    database:
      url === undefined ? createNodeSqlite(join(folder, "sessions.sqlite")) : await createEmptySchema(url),
    clock: time,
    runningTime: time,
    newId: randomId,
    isExclusive: true,
  });
  return {
    store,
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createEmptySchema(url: string): Promise<SqlDatabase> {
  const client = new Client(url);
  await client.connect();
  await client.query("drop schema if exists bench cascade");
  await client.end();
  return createPostgres({ url, schema: "bench", poolSize: 10 });
}

export interface LoopDelay {
  /** Milliseconds. */
  readonly loopP50: number;
  readonly loopP99: number;
  readonly loopMax: number;
}

/** Measures the delay of the event loop while the work runs. */
export async function measureLoopDelay(work: () => Promise<unknown>): Promise<LoopDelay> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  delays.disable();
  const toMs = (nanoseconds: number): number => nanoseconds / 1e6;
  return {
    loopP50: toMs(delays.percentile(50)),
    loopP99: toMs(delays.percentile(99)),
    loopMax: toMs(delays.max),
  };
}

/** What the machine itself adds: a loop that works for 1 ms, sleeps for 1 ms, and stores nothing. */
export function measureIdleLoop(): Promise<LoopDelay> {
  return measureLoopDelay(async () => {
    const end = performance.now() + 2_000;
    while (performance.now() < end) {
      const busyUntil = performance.now() + 1;
      while (performance.now() < busyUntil);
      await sleep(1);
    }
  });
}
