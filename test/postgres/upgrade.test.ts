/** Nodes are replaced one after the other by those of another version, while requests run. */
import { Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { latestVersion } from "../../server/agent/sessions/migrations.ts";
import { postChat, startTestGateway, token, type TestGateway } from "../support/gateway/gateway.ts";
import { createSharedConfig, startNodes } from "../support/postgres/nodes.ts";

type SharedConfig = ReturnType<typeof createSharedConfig>;

async function runSql({ session }: SharedConfig, text: string): Promise<readonly unknown[]> {
  const { url, schema = "" } = session?.store ?? {};
  const client = new Client(typeof url === "string" ? url : "");
  await client.connect();
  await client.query(`set search_path to ${schema}`);
  const results = await client.query<Record<string, unknown>>(text);
  await client.end();
  return results.rows;
}

/** Sends turns to these nodes until it is stopped. Resolves to the statuses. */
function startLoad(nodes: readonly TestGateway[]): { stop(): Promise<ReadonlySet<number>> } {
  const stopped = new AbortController();
  const statuses = new Set<number>();
  const talk = async (node: TestGateway, session: string): Promise<void> => {
    while (!stopped.signal.aborted) {
      const answer = await postChat(
        node.url,
        { model: "openclaw", messages: [{ role: "user", content: "hi" }] },
        { headers: { "x-openclaw-session-key": session } },
      );
      await answer.text();
      statuses.add(answer.status);
    }
  };
  const talks = nodes.flatMap((node, index) => ["a", "b"].map((name) => talk(node, `${name}${index % 2}`)));
  onTestFinished(() => stopped.abort());
  return {
    async stop() {
      stopped.abort();
      await Promise.all(talks);
      return statuses;
    },
  };
}

/** The tables of the newest version, which older nodes do not use. */
const newestTables = ["system_events"];

/**
 * Starts a node on the tables of the previous version. Its schema has views of them, and the newest tables for itself: it runs the
 * code of the newest version, which needs these, while the code of the previous version did not.
 */
async function startOlderNode(config: SharedConfig): Promise<TestGateway> {
  await (await startTestGateway({ config })).stop();
  const { store } = config.session ?? {};
  if (typeof store !== "object" || store.schema === undefined) throw new Error("the nodes share no schema");
  const schema = `${store.schema}_older`;
  const setVersion = `update store set version = ${latestVersion - 1}`;
  await runSql(config, `drop table ${newestTables.join()}; ${setVersion}; create schema ${schema}`);
  const tables = await runSql(
    config,
    `select tablename as name from pg_tables where schemaname = current_schema()`,
  );
  for (const { name } of tables as readonly { readonly name: string }[])
    await runSql(config, `create view ${schema}.${name} as select * from ${name}`);
  const older = await startTestGateway({ config: { ...config, session: { store: { ...store, schema } } } });
  await runSql(config, setVersion);
  return older;
}

const readReadiness = async ({ url }: TestGateway): Promise<number> =>
  (await fetch(`${url}/readyz`, { headers: { authorization: `Bearer ${token}` } })).status;

test("a database of an older version is upgraded by the first new node while an older one runs", async () => {
  const config = createSharedConfig();
  const older = await startOlderNode(config);
  const ask = (node: TestGateway, content: string): Promise<Response> =>
    postChat(
      node.url,
      { model: "openclaw", messages: [{ role: "user", content }] },
      { headers: { "x-openclaw-session-key": "talk" } },
    );
  expect((await ask(older, "one")).status).toBe(200);
  const load = startLoad([older]);
  const newer = await startTestGateway({ config });
  expect((await ask(newer, "two")).status).toBe(200);
  expect((await ask(older, "three")).status).toBe(200);
  expect(await load.stop()).toEqual(new Set([200]));
  expect(await runSql(config, "select version from store")).toEqual([{ version: latestVersion }]);
  const questions = await runSql(
    config,
    `select payload::json->'turn'->'content'->0->>'text' as text from entries join sessions on sessions.id = session_id
     where key like '%:talk' and payload::json->'turn'->>'role' = 'user' order by seq`,
  );
  expect(questions).toEqual([{ text: "one" }, { text: "two" }, { text: "three" }]);
});

test("nodes go on with the tables of a newer version, and are unready when it needs them no more", async () => {
  const config = createSharedConfig();
  const nodes = await startNodes(2, { config });
  const load = startLoad(nodes);
  // As the migration of a newer node does: it adds only.
  await runSql(
    config,
    `alter table sessions add column addition text; alter table entries add column addition text;
     alter table responses add column addition text; create table additions (name text);
     update store set version = ${latestVersion + 1}`,
  );
  const joined = await startTestGateway({ config });
  expect(await readReadiness(joined)).toBe(200);
  expect(await load.stop()).toEqual(new Set([200]));

  await runSql(config, `update store set min_version = ${latestVersion + 1}`);
  for (const node of nodes) await expect.poll(() => readReadiness(node)).toBe(503);
  await expect(startTestGateway({ config })).rejects.toThrow("was written by a newer gateway");
});
