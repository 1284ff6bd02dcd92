/** Places in the queue of a session that nodes have left behind when they died. */
import { randomBytes } from "node:crypto";
import { Kysely } from "kysely";
import { Client } from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { createLeaseQueries } from "../../server/agent/sessions/postgres/lease-queries.ts";
import { createPostgres, type PostgresOptions } from "../../server/agent/sessions/postgres/postgres.ts";
import type { Tables } from "../../server/agent/sessions/schema.ts";
import { openSqlStore, type Store } from "../../server/agent/sessions/sql-store.ts";
import { randomId } from "../../server/lib/ids.ts";

const createOptions = (): PostgresOptions => ({
  url: inject("postgresUrl") ?? "",
  schema: `waiters_${randomBytes(8).toString("hex")}`,
  poolSize: 3,
});

async function openStore(options: PostgresOptions): Promise<Store> {
  const store = await openSqlStore({
    database: createPostgres(options),
    clock: Date.now,
    newId: randomId,
    isExclusive: false,
  });
  onTestFinished(() => store.close());
  return store;
}

async function runSql({ url, schema }: PostgresOptions, text: string): Promise<readonly unknown[]> {
  const client = new Client(url);
  await client.connect();
  await client.query(`set search_path to ${schema}`);
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows;
}

const owner = { agentId: "main", credential: "operator" };
const question = {
  kind: "turn",
  runId: "run_1",
  turn: { role: "user", content: [{ type: "text", text: "hi" }] },
} as const;

test("a place whose time is over keeps no session from its next turn, and one that is kept does", async () => {
  const options = createOptions();
  const store = await openStore(options);
  const lease = await store.acquire("agent:main:talk", owner, () => [question]);
  await lease.release();
  const [session] = (await runSql(options, "select id, fence from sessions")) as readonly {
    readonly id: string;
    readonly fence: number;
  }[];
  const database = createPostgres(options);
  const db = new Kysely<Tables>({ dialect: database.dialect }).withSchema(options.schema);
  onTestFinished(() => db.destroy());
  const takeAgain = (fence: number): Promise<boolean> | undefined =>
    createLeaseQueries().takeAgain?.(
      db,
      { key: "agent:main:talk", id: session?.id ?? "", fence, lease_owner: "node_a", updated_at: 1, now: 1 },
      [],
    );
  const fence = session?.fence ?? 0;
  const wait = (until: string): Promise<unknown> =>
    runSql(
      options,
      `insert into session_waiters values ('agent:main:talk', 'node_b', 1, ${until})
       on conflict (session_key, node) do update set waits_until = excluded.waits_until`,
    );
  await wait("extract(epoch from now()) * 1000 + 5000");
  expect(await takeAgain(fence)).toBe(false);
  await wait("extract(epoch from now()) * 1000 - 1");
  expect(await takeAgain(fence)).toBe(true);
});

test("the places of a dead node are deleted with it", async () => {
  const options = createOptions();
  await openStore(options);
  await runSql(
    options,
    `insert into nodes (id, name, version, started_at, lease_until) values ('node_dead', 'x', '0', 1, 1);
     insert into session_waiters values ('agent:main:a', 'node_dead', 1, 1), ('agent:main:a', 'node_alive', 1, 1)`,
  );
  // It looks for dead nodes when it joins.
  await openStore(options);
  expect(await runSql(options, "select node from session_waiters")).toEqual([{ node: "node_alive" }]);
});
