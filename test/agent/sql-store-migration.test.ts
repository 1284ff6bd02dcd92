import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { assistantTurn, userTurn } from "../support/runs/runs.ts";
import { appendEntries, readEntries, createStorePath, openStore, userEntry } from "../support/runs/stores.ts";

/** A database of the first version of the gateway. */
const version1 = `
  create table "store" ("version" integer not null);
  create table "sessions" ("key" text primary key, "agent_id" text not null, "credential" text not null, "created_at" bigint not null, "updated_at" bigint not null, "lease_owner" text, "lease_until" bigint, "fence" integer not null);
  create table "entries" ("session_key" text not null references "sessions" ("key") on delete cascade, "seq" integer not null, "run_id" text, "at" bigint not null, "kind" text not null, "payload" text not null, constraint "entries_key" primary key ("session_key", "seq"));
  insert into store values (1);
  insert into sessions values
    ('agent:main:trip', 'main', 'alice', 1767225600000, 1767225601000, null, null, 2),
    ('agent:main:cut', 'main', 'bob', 1767225600000, 1767225602000, 'node_1', 1767225630000, 1);
  insert into entries values
    ('agent:main:trip', 1, 'run_1', 1767225600000, 'turn', '{"turn":{"role":"user","content":[{"type":"text","text":"hi"}]}}'),
    ('agent:main:trip', 2, 'run_1', 1767225601000, 'turn', '{"turn":{"role":"assistant","text":"hello","calls":[]}}'),
    ('agent:main:cut', 1, 'run_2', 1767225602000, 'turn', '{"turn":{"role":"user","content":[{"type":"text","text":"cut"}]}}')`;

/** Makes a store of this version one of version 7. */
const dropLaterColumns =
  "alter table usage drop column node; drop table webhook_deliveries; drop table system_events; drop table rate_counts; drop table tool_turns; drop table credential_failures; drop table files; drop table file_chunks; drop index sessions_conversation; alter table sessions drop column conversation_id; alter table sessions drop column metadata; drop table nodes; drop table session_waiters; drop table secrets; alter table responses drop column node; alter table idempotency drop column node; alter table store drop column min_version; drop table usage; drop table usage_hours; drop table budgets; drop table audit; drop table audit_anchor; alter table entries drop column checksum; alter table store drop column id";

function writeVersion1(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec(version1);
  database.close();
}

test("a store of version 1 is upgraded with all its contents", async () => {
  const file = createStorePath();
  writeVersion1(file);
  const store = await openStore({ file });

  const sessionList = await store.sessions.list({ viewer: "operator", limit: 9 });
  expect(sessionList).toMatchObject([
    { key: "agent:main:key:bob:cut", credential: "bob", entries: 2 },
    {
      key: "agent:main:key:alice:trip",
      agentId: "main",
      credential: "alice",
      createdAt: 1767225600000,
      updatedAt: 1767225601000,
      entries: 2,
    },
  ]);
  expect(await readEntries(store, "agent:main:key:alice:trip")).toEqual([
    { kind: "turn", runId: "run_1", turn: userTurn("hi") },
    { kind: "turn", runId: "run_1", turn: assistantTurn("hello") },
  ]);
  const { entries } = await store.sessions.history("agent:main:key:bob:cut", "bob", { limit: 9 });
  expect(entries).toMatchObject([{ seq: 1, at: 1767225602000, entry: { runId: "run_2" } }]);
  await store.close();

  const reopened = await openStore({ file });
  expect(await reopened.sessions.list({ viewer: "operator", limit: 9 })).toEqual(sessionList);
});

test("a store of version 2 is upgraded with its entries, and can store keys", async () => {
  const file = createStorePath();
  const before = await openStore({ file });
  await appendEntries(before, "agent:main:trip", userEntry("hi"));
  await before.close();
  const database = new DatabaseSync(file);
  database.exec(
    `drop table keys; drop table clock; ${dropLaterColumns}; alter table store drop column writes; update store set version = 2`,
  );
  database.close();

  const store = await openStore({ file });
  expect(await readEntries(store, "agent:main:key:alice:trip")).toEqual([userEntry("hi")]);
  expect(await store.keys.list()).toEqual([]);
  const key = {
    name: "ada",
    digest: "00",
    scopes: ["run"] as const,
    agents: undefined,
    requestsPerMinute: undefined,
    createdAt: 1,
    expiresAt: undefined,
    lastUsedAt: undefined,
  };
  expect([await store.keys.add(key), await store.keys.add(key)]).toEqual([true, false]);
  await store.close();
  expect(await (await openStore({ file })).keys.list()).toEqual([key]);
});

test("sessions of limited keys get the prefix of their key, and no two of them the same name", async () => {
  const file = createStorePath();
  const before = await openStore({ file });
  const rows = [
    ["agent:main:trip", "main", "ada"],
    ["agent:main:main:ada", "main", "ada"],
    ["agent:main:user:ada:x_1", "main", "ada"],
    ["agent:coder:main:bob", "coder", "bob"],
    // Names of versions that reserved none.
    ["agent:coder:main", "coder", "bob"],
    ["agent:main:key:ada:trip", "main", "ada"],
    ["agent:main:key:ada:other", "main", "operator"],
    ["agent:main:other", "main", "ada"],
    ["agent:main:main", "main", "operator"],
    ["agent:main:by-admin", "main", "operator:chief"],
  ] as const;
  for (const [key, agentId] of rows) {
    const lease = await before.acquire(key, { agentId, credential: "operator" });
    await lease.release([userEntry(`of ${key}`)]);
  }
  await before.close();
  const database = new DatabaseSync(file);
  for (const [key, , credential] of rows)
    database.prepare("update sessions set credential = ? where key = ?").run(credential, key);
  database.exec(`${dropLaterColumns}; update store set version = 6`);
  database.close();

  const store = await openStore({ file });
  const sessions = await store.sessions.list({ viewer: "operator", limit: 20 });
  const keys = await Promise.all(
    sessions.map(async ({ key }) => {
      const { entries } = await store.sessions.history(key, "operator", { limit: 1 });
      return [JSON.stringify(entries).match(/of (agent[^"]*)/)?.[1], key];
    }),
  );
  expect(Object.fromEntries(keys)).toEqual({
    "agent:main:trip": "agent:main:key:ada:trip",
    "agent:main:main:ada": "agent:main:key:ada:main",
    "agent:main:user:ada:x_1": "agent:main:key:ada:user:x_1",
    "agent:coder:main:bob": "agent:coder:key:bob:main:bob",
    "agent:coder:main": "agent:coder:key:bob:main",
    "agent:main:key:ada:trip": "agent:main:key:ada:key:ada:trip",
    "agent:main:key:ada:other": "agent:main:old-key:ada:other",
    "agent:main:other": "agent:main:key:ada:other",
    "agent:main:main": "agent:main:main",
    "agent:main:by-admin": "agent:main:by-admin",
  });
});

test("a store is copied before it is upgraded, a new one is not, and a failed copy prevents the upgrade", async () => {
  const file = createStorePath();
  let copies = 0;
  const backUp = async (): Promise<void> => void (copies += 1);
  await (await openStore({ file, backUp })).close();
  expect(copies).toBe(0);
  const database = new DatabaseSync(file);
  database.exec(`${dropLaterColumns}; update store set version = 6`);
  database.close();
  const full = new Error("the disk is full");
  await expect(openStore({ file, backUp: () => Promise.reject(full) })).rejects.toBe(full);
  await (await openStore({ file, backUp })).close();
  await (await openStore({ file, backUp })).close();
  expect(copies).toBe(1);
});

test("a failed migration changes nothing", async () => {
  const file = createStorePath();
  writeVersion1(file);
  const database = new DatabaseSync(file);
  // This table makes the next migration fail.
  database.exec("create table responses (id text)");
  database.close();

  await expect(openStore({ file })).rejects.toThrow("table responses already exists");
  const after = new DatabaseSync(file);
  expect(after.prepare("select version from store").all()).toEqual([{ version: 1 }]);
  expect(after.prepare("select count(*) as n from entries where session_key like 'agent:%'").get()).toEqual({
    n: 3,
  });
  after.close();
});

test("a store of a newer gateway is rejected and not changed", async () => {
  const file = createStorePath();
  await (await openStore({ file })).close();
  const database = new DatabaseSync(file);
  database.exec("update store set version = 99");
  database.close();
  await expect(openStore({ file })).rejects.toThrow("written by a newer gateway (store version 99");
  const after = new DatabaseSync(file);
  expect(after.prepare("select version from store").all()).toEqual([{ version: 99 }]);
  after.close();
});
