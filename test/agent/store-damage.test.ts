/** A store that is damaged, or gone: what is reported, and what goes on. */
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { says } from "../../contracts/examples/script.ts";
import { createLog } from "../../server/lib/log.ts";
import {
  createChatBody,
  createTemporaryFolder,
  postChat,
  startTestGateway,
} from "../support/gateway/gateway.ts";
import { spawnOpenclaw } from "../support/gateway/gateway-process.ts";
import { createModelSequence } from "../support/providers/scripted-model.ts";
import { appendEntries, createStorePath, openStore, readEntries, userEntry } from "../support/runs/stores.ts";

const trip = { headers: { "x-openclaw-session-key": "trip" } };

function createTestLog() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog(
    { level: "debug", format: "json" },
    { writeLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  return { log, errors: () => lines.filter(({ level }) => level === "error") };
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

test.each([
  ["a changed letter", `update entries set payload = replace(payload, 'first', 'fiRst')`],
  ["half of it", `update entries set payload = substr(payload, 1, 30) where seq = 1`],
  ["another kind", `update entries set kind = 'compaction' where seq = 1`],
])("an entry with %s is named in the log, and the rest of its session lives", async (_, sql) => {
  const stateDir = createTemporaryFolder();
  const before = await startTestGateway({ stateDir, model: createModelSequence([says("one")]).model });
  for (const text of ["first", "second"])
    expect((await postChat(before.url, createChatBody(text), trip)).status).toBe(200);
  await before.stop();
  change(join(stateDir, "sessions.sqlite"), sql);

  const { model, modelCalls } = createModelSequence([says("three")]);
  const gateway = await startTestGateway({ stateDir, model });
  for (const text of ["third", "fourth"])
    expect((await postChat(gateway.url, createChatBody(text), trip)).status).toBe(200);
  const turns = JSON.stringify(modelCalls.at(-1)?.turns);
  expect(turns).not.toMatch(/first|fiRst/);
  for (const text of ["one", "second", "third", "three", "fourth"]) expect(turns).toContain(text);
  const damaged = gateway.log.filter((line) => line.includes("an entry of a session is damaged"));
  expect(damaged).toHaveLength(1);
  expect(JSON.parse(damaged[0] ?? "")).toMatchObject({ level: "error", seq: 1 });
});

test("entries of older stores have no checksum, and are read as they are", async () => {
  const file = createStorePath();
  const before = await openStore({ file });
  await appendEntries(before, "agent:main:k", userEntry("first"));
  await before.close();
  change(file, `update entries set checksum = null, payload = replace(payload, 'first', 'older')`);
  const { log, errors } = createTestLog();
  expect(await readEntries(await openStore({ file, log }))).toEqual([userEntry("older")]);
  expect(errors()).toEqual([]);
});

test("the check of the file finds a damaged page, and nothing in a sound file that is written to meanwhile", async () => {
  const file = createStorePath();
  const { log, errors } = createTestLog();
  const sound = await openStore({ file, log, maxLogBytes: 20_000 });
  const writing = async (): Promise<void> => {
    for (let at = 0; at < 30; at += 1)
      await appendEntries(sound, `agent:main:${at}`, userEntry("x".repeat(5_000)));
  };
  await Promise.all([sound.check(), writing()]);
  await sound.check();
  expect(errors()).toEqual([]);
  await sound.close();

  // The last pages have entries only, so that the store can be opened.
  const pages = statSync(file).size / 4096;
  const descriptor = openSync(file, "r+");
  for (const page of [pages - 2, pages - 1])
    writeSync(descriptor, Buffer.alloc(4096, 7), 0, 4096, page * 4096);
  closeSync(descriptor);
  const damaged = await openStore({ file, log });
  await damaged.check();
  expect(errors()).toMatchObject([{ message: "the session store is damaged; restore a backup" }]);
});

test.each([
  ["is missing", (file: string) => rmSync(file)],
  ["is empty", (file: string) => truncateSync(file, 0)],
  [
    "is not the store that was here before",
    (file: string) => change(file, `update store set id = 'another'`),
  ],
])("a store that %s is reported, and refused with --strict-store", async (reason, lose) => {
  const stateDir = createTemporaryFolder();
  const file = join(stateDir, "sessions.sqlite");
  await (await startTestGateway({ stateDir })).stop();
  lose(file);

  const args = ["gateway", "--port", "0", "--strict-store"];
  const { child, output } = spawnOpenclaw(args, { OPENCLAW_STATE_DIR: stateDir, OPENCLAW_CONFIG_PATH: "" });
  expect(await once(child, "close")).toEqual([1, null]);
  expect(output()).toContain(reason.replace("empty", "missing or empty"));
  expect(output()).toContain("--strict-store");

  const reported = (log: readonly string[]): readonly string[] =>
    log.filter((line) => line.includes("the session store that was here before is gone"));
  const first = await startTestGateway({ stateDir });
  expect(reported(first.log)).toEqual([expect.stringContaining('"level":"error"')]);
  await first.stop();
  expect(reported((await startTestGateway({ stateDir })).log)).toEqual([]);
});
