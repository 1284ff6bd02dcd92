import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/clients/command-line.ts";
import { createTemporaryFolder } from "../support/gateway/gateway.ts";
import { appendEntries, openStore, owner, readEntries, userEntry } from "../support/runs/stores.ts";

/** A store whose file cannot shrink, as older versions created it, with one session of many deleted ones. */
async function createOldStore() {
  const stateDir = join(createTemporaryFolder(), "state");
  const file = join(stateDir, "sessions.sqlite");
  mkdirSync(stateDir);
  const database = new DatabaseSync(file);
  database.exec("PRAGMA auto_vacuum = NONE; create table store (version integer not null)");
  database.close();
  const store = await openStore({ file });
  const keys = Array.from({ length: 60 }, (_, index) => `agent:main:${index}`);
  for (const key of keys) await appendEntries(store, key, userEntry(key.padEnd(10_000)));
  for (const key of keys.slice(1)) await store.sessions.remove(key, owner.credential);
  await store.cleanUp();
  await store.close();
  return { stateDir, file, key: "agent:main:0", env: { OPENCLAW_STATE_DIR: stateDir } };
}

/** Returns the size of a new store and of the pages of one short session. */
async function measureSmallStore(): Promise<number> {
  const file = join(createTemporaryFolder(), "sessions.sqlite");
  await (await openStore({ file })).close();
  return statSync(file).size + 16_384;
}

test("a store of an older version is rewritten without its free space, and shrinks by itself afterwards", async () => {
  const { stateDir, file, key, env } = await createOldStore();
  const { size } = statSync(file);
  const result = await run(env, ["store", "compact", "--json"]);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(result.out)).toEqual({ path: file, before: size, after: statSync(file).size });
  expect(size).toBeGreaterThan(600_000);
  expect(statSync(file).size).toBeLessThanOrEqual(await measureSmallStore());
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(stateDir)).toEqual(["sessions.sqlite"]);

  const store = await openStore({ file });
  expect(await readEntries(store, key)).toEqual([userEntry(key.padEnd(10_000))]);
  await appendEntries(store, "agent:main:long", userEntry("x".repeat(500_000)));
  await store.sessions.remove("agent:main:long", owner.credential);
  await store.cleanUp();
  await store.close();
  expect(statSync(file).size).toBeLessThanOrEqual(await measureSmallStore());
});

test("while another process uses the store, nothing is changed", async () => {
  const { stateDir, file, env } = await createOldStore();
  const script = `
    const { DatabaseSync } = require("node:sqlite");
    new DatabaseSync(${JSON.stringify(file)}).exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    console.log("locked");
    setInterval(() => {}, 1_000);`;
  const other = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void other.kill("SIGKILL"));
  await once(other.stdout, "data");
  const { size } = statSync(file);
  expect(await run(env, ["store", "compact"])).toEqual({
    code: 1,
    out: "",
    err: `The store in ${stateDir} is in use by another process. Stop it, and run the command again.`,
  });
  const gateway = { url: "http://127.0.0.1:1", pid: other.pid };
  writeFileSync(join(stateDir, "gateway.json"), JSON.stringify(gateway));
  const { err } = await run(env, ["store", "compact"]);
  expect(err).toContain(`by the gateway at http://127.0.0.1:1 (pid ${other.pid})`);
  expect(statSync(file).size).toBe(size);
});

test("without a store there is nothing to compact", async () => {
  const stateDir = createTemporaryFolder();
  expect(await run({ OPENCLAW_STATE_DIR: stateDir }, ["store", "compact"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("There is no store"),
  });
  expect(readdirSync(stateDir)).toEqual([]);
});
