import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { calls, nextCall, says } from "../../contracts/examples/script.ts";
import {
  chatConfig,
  createChatBody,
  createTemporaryFolder,
  postChat,
  startTestGateway,
} from "../support/gateway/gateway.ts";
import { callAsOperator, createKey, request } from "../support/gateway/keys.ts";
import { openTestStore } from "../support/telemetry/open-store.ts";
import { createModelSequence, splitScript } from "../support/providers/scripted-model.ts";

interface Entry {
  readonly seq: number;
  readonly action: string;
  readonly actor: string | null;
  readonly target: string | null;
  readonly address: string | null;
  readonly outcome: string;
  readonly code: string | null;
}

type Reachable = { readonly url: string };

async function readAudit(gateway: Reachable, query = ""): Promise<readonly Entry[]> {
  const response = await request(gateway, `/audit?limit=1000&${query}`);
  return ((await response.json()) as { readonly data: readonly Entry[] }).data;
}

const verify = async (gateway: Reachable): Promise<unknown> =>
  (await request(gateway, "/audit/verify")).json();

test("administration, tools and rejected credentials have entries, and no entry has content", async () => {
  const script = [calls("call_1", "session_status", "{}"), nextCall, says("SECRET-ANSWER")];
  const { model } = createModelSequence(...splitScript(script));
  const gateway = await startTestGateway({ model });
  const secret = await createKey(gateway, "ada", { scopes: ["run"] });
  await callAsOperator(gateway, "keys.revoke", { name: "ada" });
  await postChat(gateway.url, createChatBody("SECRET-QUESTION", { user: "x" }));
  await request(gateway, "/v1/models", { secret: "wrong-secret" });
  await request(gateway, "/sessions/nothing", { method: "DELETE" });
  await request(gateway, "/tools/invoke", { body: { tool: "exec", args: { command: "SECRET-COMMAND" } } });

  const entries = await readAudit(gateway);
  const text = JSON.stringify(entries);
  expect(text).not.toMatch(/SECRET/);
  expect(text).not.toContain(secret);
  expect(
    entries.map(({ action, actor, target, outcome, code }) =>
      [action, actor, target, outcome, code].map((each) => each ?? "-").join(" "),
    ),
  ).toEqual([
    expect.stringMatching(/^gateway\.started - \d+\.\d+\.\d+ ok -$/) as string,
    "keys.create operator ada ok -",
    "keys.revoke operator ada ok -",
    "tool.run operator session_status ok -",
    "auth.failed - GET /v1/models denied -",
    "deleteSession operator nothing error session_not_found",
    "tool.denied operator exec denied tool_denied",
  ]);
  expect(entries.find(({ action }) => action === "auth.failed")?.address).toMatch(/127\.0\.0\.1$/);
});

test("only admins read the audit log, in pages and as JSON lines", async () => {
  const gateway = await startTestGateway();
  const secret = await createKey(gateway, "ada", { scopes: ["operator.write"] });
  for (const path of ["/audit", "/audit/verify"])
    expect((await request(gateway, path, { secret })).status).toBe(403);
  const page = (await (await request(gateway, "/audit?limit=1")).json()) as { readonly nextAfter: number };
  expect(page.nextAfter).toBe(1);
  // Reading the log is an entry too, and so is the attempt of a key that may not.
  const entries = await readAudit(gateway, "after=1");
  expect(entries.map(({ action, actor, code }) => [action, actor, code])).toEqual([
    ["keys.create", "operator", null],
    ["getAudit", "ada", "missing_scope"],
    ["verifyAudit", "ada", "missing_scope"],
    ["getAudit", "operator", null],
  ]);
  expect((await readAudit(gateway, "action=keys.create")).map(({ seq }) => seq)).toEqual([2]);
  const lines = await request(gateway, "/audit?format=jsonl");
  expect(lines.headers.get("content-type")).toBe("application/jsonl; charset=utf-8");
  expect((await lines.text()).trimEnd().split("\n")).toHaveLength(7);
});

for (const [what, statement, brokenSeq] of [
  ["changed", "update audit set target = 'eve' where seq = 2", 2],
  ["removed", "delete from audit where seq = 2", 3],
  ["rewritten with another hash", "update audit set target = 'eve', hash = 'aa' where seq = 2", 2],
] as const) {
  test(`an entry that was ${what} is found`, async () => {
    const first = await startTestGateway();
    await createKey(first, "ada");
    await createKey(first, "bob");
    expect(await verify(first)).toMatchObject({ ok: true, entries: 3, brokenSeq: null });
    await first.stop();
    const database = new DatabaseSync(join(first.stateDir, "sessions.sqlite"));
    database.exec(statement);
    database.close();
    const second = await startTestGateway({ stateDir: first.stateDir });
    expect(await verify(second)).toMatchObject({ ok: false, lastSeq: 1, brokenSeq });
  });
}

test("the chain goes on after the oldest entries were deleted, across restarts", async () => {
  const folder = createTemporaryFolder();
  const file = join(folder, "sessions.sqlite");
  let now = Date.UTC(2026, 0, 1);
  const store = await openTestStore(file, { clock: () => now, auditRetentionMs: () => 1_000 });
  const event = { action: "test", outcome: "ok" } as const;
  await store.audit.add([0, 1, 2].map((at) => ({ ...event, at: now + at })));
  now += 10_000;
  await store.audit.add([{ ...event, at: now }]);
  const before = await store.audit.verify();
  await store.cleanUp();
  expect(await store.audit.list({ after: 0, limit: 10 })).toEqual([expect.objectContaining({ seq: 4 })]);
  expect(await store.audit.verify()).toEqual({ ...before, entries: 1 });
  await store.audit.add([{ ...event, at: now }]);
  expect(await store.audit.verify()).toMatchObject({ entries: 2, lastSeq: 5, brokenSeq: undefined });
  await store.close();
});

test("audit.enabled false records nothing", async () => {
  const gateway = await startTestGateway({ config: { ...chatConfig, audit: { enabled: false } } });
  await createKey(gateway, "ada");
  expect(await readAudit(gateway)).toEqual([]);
});

test("sessions that are deleted because of their age or number have entries", async () => {
  const first = await startTestGateway();
  for (const name of ["one", "two", "three"])
    await postChat(first.url, createChatBody("hi"), { headers: { "x-openclaw-session-key": name } });
  await first.stop();
  const config = { ...chatConfig, session: { maintenance: { maxEntries: 1 } } };
  const second = await startTestGateway({ config, stateDir: first.stateDir });
  await expect
    .poll(async () =>
      (await readAudit(second, "action=session.expired")).map(({ target, actor }) => [target, actor]),
    )
    .toEqual([
      ["agent:main:one", null],
      ["agent:main:two", null],
    ]);
});
