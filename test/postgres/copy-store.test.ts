/** A store is copied to PostgreSQL and back, as a gateway has left it. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OpenAI } from "openai";
import { expect, inject, test } from "vitest";
import { copyStore } from "../../server/agent/sessions/copy/copy-store.ts";
import { openSource, openTarget, type CopyLocation } from "../../server/agent/sessions/copy/open-copy-end.ts";
import type { ModelStream } from "../../server/agent/types.ts";
import { run as runCommandLine } from "../support/clients/command-line.ts";
import { createOpenAIClient } from "../support/clients/openai-client.ts";
import {
  createTemporaryFolder,
  postChat,
  startTestGateway,
  type TestGateway,
} from "../support/gateway/gateway.ts";
import { callAsOperator, createKey, request } from "../support/gateway/keys.ts";

const url = inject("postgresUrl") ?? "";
const createSchema = (): string => `copy_${randomBytes(8).toString("hex")}`;
const onServer = (schema: string): CopyLocation => ({
  type: "postgres",
  url,
  listenUrl: undefined,
  poolSize: 1,
  schema,
});
const http = { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } };
const configOf = (schema: string) => ({
  gateway: { http },
  session: { store: { type: "postgres" as const, url, schema } },
});

const thinkingModel: ModelStream = async function* answer(call) {
  yield { type: "thinking", text: "deep thought" };
  yield { type: "text", text: `turns: ${call.turns.length}` };
  yield {
    type: "finish",
    reason: "stop",
    usage: { input: 3, output: 2, cached: 0, cacheWrite: 0, reasoning: 0 },
  };
};

const ask = async (gateway: Pick<TestGateway, "url">, key: string, content: string): Promise<string> => {
  const answer = await postChat(
    gateway.url,
    { model: "openclaw", messages: [{ role: "user", content }] },
    { headers: { "x-openclaw-session-key": key } },
  );
  const { choices } = (await answer.json()) as { choices: readonly { message: { content: string } }[] };
  return choices[0]?.message.content ?? "";
};

/** The configuration of a gateway whose store is a file. */
const inFile = { gateway: { http }, session: { store: { type: "sqlite" } } } as const;

/** Fills a store in a folder with something in most tables. */
async function fillFolder(sessionCount: number) {
  const stateDir = createTemporaryFolder();
  const gateway = await startTestGateway({ config: inFile, stateDir, model: thinkingModel });
  for (let index = 0; index < sessionCount; index += 1)
    await ask(gateway, `s${index}`, `Grüße ${index} 🎈 "\\u0000"`);
  const secret = await createKey(gateway, "ada", { scopes: ["operator.write"] });
  const client = createOpenAIClient(gateway);
  const stored = await client.responses.create({ model: "openclaw", input: "one" });
  const { output } = await client.responses.create({
    model: "openclaw",
    input: "two",
    store: false,
    include: ["reasoning.encrypted_content"],
  });
  await gateway.stop();
  return { stateDir, secret, stored, output };
}

const list = async (gateway: TestGateway): Promise<unknown> => (await request(gateway, "/sessions")).json();

test("a gateway goes on with a copy of its store in PostgreSQL, and with the copy of that in another folder", async () => {
  const { stateDir, secret, stored, output } = await fillFolder(3);
  const schema = createSchema();
  const toServer = ["store", "copy", "--from", `sqlite:${stateDir}`, "--to", url, "--schema", schema];
  const copied = await runCommandLine({}, toServer);
  expect(copied.err).toContain("sessions: 3 rows verified");
  expect([copied.code, copied.out]).toEqual([
    0,
    expect.stringMatching(`schema ${schema} is a verified copy of .*sessions.sqlite: \\d+ rows, 0 files`),
  ]);

  // No file of the first folder is there.
  const node = await startTestGateway({ config: configOf(schema), model: thinkingModel });
  expect(await ask(node, "s1", "again")).toBe("turns: 3");
  expect((await request(node, "/v1/models", { secret })).status).toBe(200);
  const client = createOpenAIClient(node);
  const next = await client.responses.create({
    model: "openclaw",
    input: "more",
    previous_response_id: stored.id,
  });
  expect(next.output_text).toBe("turns: 3");
  const again = await client.responses.create({
    model: "openclaw",
    store: false,
    input: [
      ...(output as OpenAI.Responses.ResponseInputItem[]),
      { role: "user", content: "The key of encrypted reasoning came with the copy." },
    ],
  });
  expect(again.status).toBe("completed");
  const usage = (await (await request(node, "/usage?groupBy=agent")).json()) as {
    total: { calls: number };
  };
  expect(usage.total.calls).toBe(8);
  expect(await (await request(node, "/audit/verify")).json()).toMatchObject({ ok: true });
  const sessions = await list(node);

  const folder = createTemporaryFolder();
  const toFolder = ["store", "copy", "--from", url, "--schema", schema, "--to", `sqlite:${folder}`];
  const refused = await runCommandLine({}, toFolder);
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/is in use by .*Stop these/)]);
  await node.stop();
  expect(await runCommandLine({}, toFolder)).toMatchObject({
    code: 0,
    out: expect.stringContaining(`${join(folder, "sessions.sqlite")} is a verified copy of`) as string,
  });
  expect(readFileSync(join(folder, "seal.key"))).toEqual(readFileSync(join(stateDir, "seal.key")));
  const back = await startTestGateway({
    config: inFile,
    stateDir: folder,
    model: thinkingModel,
  });
  expect(await list(back)).toEqual(sessions);
  expect(await ask(back, "s1", "third")).toBe("turns: 5");
});

test("a copy that was interrupted is continued, and no gateway starts with it before", async () => {
  const { stateDir } = await fillFolder(2);
  const schema = createSchema();
  const locations = [{ type: "sqlite" as const, stateDir }, onServer(schema)] as const;
  const copy = async (onPage: (table: string) => void): Promise<readonly string[]> => {
    const source = await openSource(locations[0]);
    const target = await openTarget(locations[1]);
    const pages: string[] = [];
    try {
      await copyStore(source, target, ({ table, step }) => {
        if (step !== "copied") return;
        pages.push(table);
        onPage(table);
      });
      return pages;
    } finally {
      await source.close();
      await target.close();
    }
  };
  const interrupt = (table: string): void => {
    if (table === "entries") throw new Error("interrupted");
  };
  await expect(copy(interrupt)).rejects.toThrow("interrupted");
  await expect(startTestGateway({ config: configOf(schema) })).rejects.toThrow("is an incomplete copy");
  const rest = await copy(() => {});
  expect(rest).toContain("responses");
  expect(rest).not.toContain("entries");
  const node = await startTestGateway({ config: configOf(schema), model: thinkingModel });
  expect(await ask(node, "s0", "again")).toBe("turns: 3");
});

test("a copy that was complete before its process was killed is finished, and not copied again", async () => {
  const { stateDir } = await fillFolder(1);
  const folder = createTemporaryFolder();
  const source = await openSource({ type: "sqlite", stateDir });
  const target = await openTarget({ type: "sqlite", stateDir: folder });
  const { tables } = await copyStore(source, target, () => {});
  await Promise.all([source.close(), target.close()]);
  const toFolder = ["store", "copy", "--from", `sqlite:${stateDir}`, "--to", `sqlite:${folder}`, "--json"];
  const finished = await runCommandLine({}, toFolder);
  expect([finished.code, (JSON.parse(finished.out) as { tables: unknown }).tables]).toEqual([0, tables]);
  const gateway = await startTestGateway({ config: inFile, stateDir: folder, model: thinkingModel });
  expect(await ask(gateway, "s0", "again")).toBe("turns: 3");

  const toServer = ["store", "copy", "--from", `sqlite:${stateDir}`, "--to", url, "--schema", createSchema()];
  expect((await runCommandLine({}, toServer)).code).toBe(0);
  const again = await runCommandLine({}, toServer);
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("Nothing was copied")]);
});

test("a copy overwrites nothing, and waits for no gateway", async () => {
  const { stateDir } = await fillFolder(1);
  const schema = createSchema();
  const node = await startTestGateway({ config: configOf(schema) });
  await ask(node, "mine", "hi");
  const toServer = ["store", "copy", "--from", `sqlite:${stateDir}`, "--to", url, "--schema", schema];
  expect((await runCommandLine({}, toServer)).err).toMatch(/is in use by/);
  await node.stop();
  expect((await runCommandLine({}, toServer)).err).toMatch(/is not empty: there are rows in sessions/);

  const running = await startTestGateway({ config: inFile, stateDir });
  const target = createSchema();
  const locked = await runCommandLine({}, [...toServer.slice(0, -1), target]);
  expect([locked.code, locked.err]).toEqual([1, expect.stringMatching(/is in use by/)]);
  await running.stop();
  const toFolder = ["store", "copy", "--from", url, "--schema", schema, "--to", `sqlite:${stateDir}`];
  expect((await runCommandLine({}, toFolder)).err).toMatch(/sessions.sqlite exists/);
  expect(await runCommandLine({}, ["store", "copy", "--from", "mysql://db", "--to", url])).toMatchObject({
    code: 2,
  });
});

test("a backup of a running node is restored into an empty schema, and into a folder", async () => {
  const schema = createSchema();
  const node = await startTestGateway({ config: configOf(schema), model: thinkingModel });
  for (const text of ["one", "two"]) await ask(node, "talk", text);
  const { path, bytes } = await callAsOperator<{ path: string; bytes: number }>(node, "sessions.backup");
  expect(bytes).toBeGreaterThan(0);
  await ask(node, "later", "not in the backup");

  const other = createSchema();
  const stateDir = createTemporaryFolder();
  const restore = await runCommandLine(
    {
      OPENCLAW_STATE_DIR: stateDir,
      OPENCLAW_DATABASE_URL: url,
      OPENCLAW_CONFIG_PATH: writeConfig(stateDir, other),
    },
    ["sessions", "restore", path],
  );
  expect([restore.code, restore.out]).toEqual([
    0,
    expect.stringContaining(`schema ${other} is the backup now`),
  ]);
  expect(existsSync(join(stateDir, "restored.sqlite"))).toBe(false);
  const restored = await startTestGateway({ config: configOf(other), model: thinkingModel });
  expect(await ask(restored, "talk", "three")).toBe("turns: 5");
  expect(await ask(restored, "later", "new")).toBe("turns: 1");

  const folder = createTemporaryFolder();
  expect(await runCommandLine({ OPENCLAW_STATE_DIR: folder }, ["sessions", "restore", path])).toMatchObject({
    code: 0,
  });
  const inFolder = await startTestGateway({
    config: inFile,
    stateDir: folder,
    model: thinkingModel,
  });
  expect(await ask(inFolder, "talk", "three")).toBe("turns: 5");
});

function writeConfig(folder: string, schema: string): string {
  const path = join(folder, "openclaw.json");
  writeFileSync(path, JSON.stringify(configOf(schema)));
  return path;
}
