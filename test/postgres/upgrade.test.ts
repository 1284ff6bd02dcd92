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

const readReadiness = async ({ url }: TestGateway): Promise<number> =>
  (await fetch(`${url}/readyz`, { headers: { authorization: `Bearer ${token}` } })).status;

test("a database of an older version is upgraded by the first new node, and keeps what it has", async () => {
  const config = createSharedConfig();
  const [first] = await startNodes(2, { config });
  const ask = (node: TestGateway, content: string): Promise<Response> =>
    postChat(
      node.url,
      { model: "openclaw", messages: [{ role: "user", content }] },
      { headers: { "x-openclaw-session-key": "talk" } },
    );
  expect((await ask(first, "one")).status).toBe(200);
  // The newest version has added this table.
  await runSql(config, `drop table system_events; update store set version = ${latestVersion - 1}`);
  const load = startLoad([first]);
  const newer = await startTestGateway({ config });
  expect((await ask(newer, "two")).status).toBe(200);
  expect(await load.stop()).toEqual(new Set([200]));
  expect(await runSql(config, "select version from store")).toEqual([{ version: latestVersion }]);
  const questions = await runSql(
    config,
    `select payload::json->'turn'->'content'->0->>'text' as text from entries join sessions on sessions.id = session_id
     where key like '%:talk' and payload::json->'turn'->>'role' = 'user' order by seq`,
  );
  expect(questions).toEqual([{ text: "one" }, { text: "two" }]);
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
  for (const node of nodes) await expect.poll(() => readReadiness(node), { timeout: 20_000 }).toBe(503);
  await expect(startTestGateway({ config })).rejects.toThrow("was written by a newer gateway");
});
