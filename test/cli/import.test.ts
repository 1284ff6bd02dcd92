/** `openclaw import`: homes of OpenClaw in the older form, as JSONL, and in the newer one, as SQLite. */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { convertTranscript } from "../../cli/import/transcript.ts";
import { run } from "../support/clients/command-line.ts";
import {
  chatConfig,
  createChatBody,
  createTemporaryFolder,
  postChat,
  startTestGateway,
} from "../support/gateway/gateway.ts";
import { callAsOperator } from "../support/gateway/keys.ts";

type Event = Readonly<Record<string, unknown>>;

const yesterday = Date.now() - 86_400_000;

/** Events of a conversation, each the child of the one before. */
function createEvents(...messages: readonly Event[]): readonly Event[] {
  const events = messages.map((message, index) => ({
    id: `e${index}`,
    parentId: index === 0 ? null : `e${index - 1}`,
    ...("type" in message ? message : { type: "message", message }),
  }));
  return [{ type: "session", version: 4, id: "s", timestamp: new Date(yesterday).toISOString() }, ...events];
}

const user = (content: unknown): Event => ({ role: "user", content });
const assistant = (...content: readonly Event[]): Event => ({
  role: "assistant",
  content,
  provider: "p",
  model: "m",
});
const text = (value: string): Event => ({ type: "text", text: value });

/** A home as it was before 2026.7: an index, and a file for each session. */
function createJsonlHome(
  sessions: Readonly<Record<string, readonly Event[]>>,
  updatedAt = yesterday,
): string {
  const home = createTemporaryFolder();
  const folder = join(home, "agents/main/sessions");
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(home, "workspace"));
  const index = Object.entries(sessions).map(([key, events], number) => {
    writeFileSync(
      join(folder, `s${number}.jsonl`),
      events.map((event) => `${JSON.stringify(event)}\n`).join(""),
    );
    return [key, { sessionId: `s${number}`, updatedAt, label: `label ${number}` }];
  });
  writeFileSync(join(folder, "sessions.json"), JSON.stringify(Object.fromEntries(index)));
  return home;
}

const trip = createEvents(
  user("My name is Ada."),
  assistant({ type: "thinking", thinking: "a name", thinkingSignature: "x" }, text("Hello, Ada.")),
  user([text("List the files.")]),
  assistant({ type: "toolCall", id: "call_1", name: "exec", arguments: { command: "ls" } }),
  { role: "toolResult", toolCallId: "call_1", toolName: "exec", isError: false, content: [text("a.txt")] },
  assistant(text("There is a.txt.")),
);

test("without --apply it says what it would do, and changes nothing", async () => {
  const from = createJsonlHome({ "agent:main:trip": trip, "agent:main:telegram:group:1": trip });
  const state = join(createTemporaryFolder(), "state");
  const { code, out } = await run({ OPENCLAW_STATE_DIR: state }, ["import", from]);
  expect(code).toBe(0);
  expect(out).toContain("Conversations to import: agent:main:trip\n");
  expect(out).toContain("Left out (--all imports them): agent:main:telegram:group:1");
  expect(out).toContain("Nothing was changed.");
  expect(() => readdirSync(state)).toThrow("ENOENT");
});

test("conversations of JSONL files are imported once, and go on", async () => {
  const from = createJsonlHome({ "agent:main:trip": trip });
  const stateDir = createTemporaryFolder();
  const env = { OPENCLAW_STATE_DIR: stateDir };
  const before = readdirSync(from, { recursive: true });
  expect((await run(env, ["import", from, "--apply"])).out).toContain(
    "Conversations imported: agent:main:trip\n",
  );
  expect(readdirSync(from, { recursive: true })).toEqual(before);
  const again = JSON.parse((await run(env, ["import", from, "--apply", "--json"])).out) as object;
  expect(again).toMatchObject({ applied: true, sessions: { imported: [], existing: ["agent:main:trip"] } });

  const gateway = await startTestGateway({ stateDir, config: chatConfig });
  const { sessions } = await callAsOperator<{ sessions: object[] }>(gateway, "sessions.list");
  expect(sessions).toMatchObject([
    { key: "agent:main:trip", label: "label 0", updatedAt: yesterday, createdAt: yesterday },
  ]);
  const history = await callAsOperator(gateway, "chat.history", { sessionKey: "trip" });
  expect(history).toMatchObject({
    messages: [
      { role: "user", content: [{ text: "My name is Ada." }] },
      { role: "assistant", content: [{ text: "Hello, Ada." }] },
      { role: "user", content: [{ text: "List the files." }] },
      { role: "assistant", toolCalls: [{ name: "exec", arguments: '{"command":"ls"}' }] },
      { role: "tool", content: [{ text: "a.txt" }] },
      { role: "assistant", content: [{ text: "There is a.txt." }] },
    ],
  });
  const headers = { "x-openclaw-session-key": "trip" };
  const reply = await postChat(gateway.url, createChatBody("What is my name?"), { headers });
  expect(await reply.json()).toMatchObject({ choices: [{ message: { content: "Your name is Ada." } }] });
});

test("a conversation that the cleanup would delete gets the time of the import", async () => {
  const from = createJsonlHome({ "agent:main:old": trip }, Date.UTC(2025, 0, 1));
  const stateDir = createTemporaryFolder();
  const env = { OPENCLAW_STATE_DIR: stateDir };
  const startedAt = Date.now();
  await run(env, ["import", from, "--apply"]);
  const gateway = await startTestGateway({ stateDir });
  const { sessions } = await callAsOperator<{ sessions: { updatedAt: number }[] }>(gateway, "sessions.list");
  expect(sessions[0]?.updatedAt).toBeGreaterThanOrEqual(startedAt);
});

test("conversations and keys of databases are imported, with compressed events", async () => {
  const home = createTemporaryFolder();
  const agent = join(home, "agents/main/agent");
  mkdirSync(agent, { recursive: true });
  mkdirSync(join(home, "state"));
  const sessions = new DatabaseSync(join(agent, "openclaw-agent.sqlite"));
  sessions.exec(`PRAGMA journal_mode = WAL; PRAGMA user_version = 24;
    CREATE TABLE session_nodes (session_key TEXT, current_session_id TEXT, label TEXT, display_name TEXT, created_at INTEGER, updated_at INTEGER);
    CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, event_json TEXT, event_zstd BLOB);
    CREATE TABLE auth_profile_store (store_json TEXT)`);
  sessions
    .prepare("INSERT INTO session_nodes VALUES (?, ?, NULL, ?, ?, ?)")
    .run("agent:main:db", "s", "Named", yesterday, yesterday);
  const insert = sessions.prepare("INSERT INTO transcript_events VALUES ('s', ?, ?, ?)");
  trip.forEach((event, seq) => {
    const json = JSON.stringify(event);
    if (seq === 1) insert.run(seq, null, zstdCompressSync(json));
    else insert.run(seq, json, null);
  });
  const profiles = {
    "anthropic:default": { type: "token", provider: "anthropic", token: "sk-ant" },
    "openai:codex": { type: "oauth", provider: "openai", access: "secret" },
    "groq:vault": { type: "api_key", provider: "groq", keyRef: { source: "store", id: "X" } },
  };
  sessions.prepare("INSERT INTO auth_profile_store VALUES (?)").run(JSON.stringify({ version: 1, profiles }));
  const shared = new DatabaseSync(join(home, "state/openclaw.sqlite"));
  shared.exec("CREATE TABLE config_machine_state (state_key TEXT, value_json TEXT)");
  const store = { profiles: { "openai:manual": { type: "api_key", provider: "openai", key: "sk-openai" } } };
  shared
    .prepare("INSERT INTO config_machine_state VALUES ('authProfiles.store', ?)")
    .run(JSON.stringify(store));
  shared.close();

  const stateDir = createTemporaryFolder();
  writeFileSync(join(stateDir, ".env"), "ANTHROPIC_API_KEY=kept\n");
  // The database is open: what is not in the file yet is in its log.
  const { code, out } = await run({ OPENCLAW_STATE_DIR: stateDir }, ["import", home, "--apply"]);
  sessions.close();
  expect(code).toBe(0);
  expect(out).toContain("Conversations imported: agent:main:db\n");
  expect(out).toContain("has schema 24, newer than 23");
  expect(out).toContain("Not taken: openai:codex: a sign-in");
  expect(out).toContain("Not taken: groq:vault: the key is kept elsewhere. Set GROQ_API_KEY");
  expect(out).not.toMatch(/sk-openai|sk-ant|secret/);
  expect(readFileSync(join(stateDir, ".env"), "utf8")).toBe(
    "ANTHROPIC_API_KEY=kept\nOPENAI_API_KEY=sk-openai\n",
  );
  const copy = readdirSync(stateDir).find((name) => name.startsWith(".env.")) ?? "";
  expect(readFileSync(join(stateDir, copy), "utf8")).toBe("ANTHROPIC_API_KEY=kept\n");
  expect(statSync(join(stateDir, copy)).mode & 0o777).toBe(0o600);
  const gateway = await startTestGateway({ stateDir });
  expect(await callAsOperator(gateway, "chat.history", { sessionKey: "db" })).toMatchObject({ total: 6 });
});

test("nothing is imported into the state of a running gateway, or from a folder that is not there", async () => {
  const from = createJsonlHome({ "agent:main:trip": trip });
  const stateDir = createTemporaryFolder();
  writeFileSync(
    join(stateDir, "gateway.json"),
    JSON.stringify({ url: "http://127.0.0.1:1", pid: process.pid }),
  );
  expect(await run({ OPENCLAW_STATE_DIR: stateDir }, ["import", from, "--apply"])).toMatchObject({
    code: 1,
    err: expect.stringContaining(`(pid ${process.pid}) uses ${stateDir}. Stop it`) as string,
  });
  expect(await run({}, ["import", "/nowhere"])).toMatchObject({
    code: 1,
    err: "There is no folder /nowhere.",
  });
});

// ── Transcripts ─────────────────────────────────────────────────────────────

const turnsOf = (events: readonly Event[]): readonly unknown[] =>
  convertTranscript(events, "run").map((entry) => (entry.kind === "turn" ? entry.turn : entry.kind));

test("only the newest branch counts, since its last reset", () => {
  const events = [
    { type: "message", id: "a", parentId: null, message: user("first") },
    { type: "message", id: "b", parentId: "a", message: user("left") },
    { type: "message", id: "c", parentId: "a", message: user("taken") },
  ];
  const of = (value: string): object => ({ role: "user", content: [{ type: "text", text: value }] });
  expect(turnsOf(events)).toEqual([of("first"), of("taken")]);
  const reset = [
    { type: "reset", id: "r", parentId: "c" },
    { type: "message", id: "d", parentId: "r", message: user("new") },
  ];
  expect(turnsOf([...events, ...reset])).toEqual([of("new")]);
  // The oldest transcripts have no ids.
  expect(
    turnsOf([
      { type: "message", message: user("one") },
      { type: "message", message: user("two") },
    ]),
  ).toEqual([of("one"), of("two")]);
});

test("a compaction keeps what it kept there", () => {
  const events = createEvents(
    user("one"),
    assistant(text("two")),
    user("three"),
    { type: "compaction", summary: "one and two", firstKeptEntryId: "e2", tokensBefore: 9 },
    user("four"),
  );
  const entries = convertTranscript(events, "run");
  expect(entries.map(({ kind }) => kind)).toEqual(["turn", "turn", "turn", "compaction", "turn"]);
  expect(entries[3]).toMatchObject({ summary: "one and two", kept: 1 });
});

test("a call without a result gets one, and a result without a call is left out", () => {
  const call = { type: "toolCall", id: "c", name: "exec", arguments: {} };
  const events = createEvents(
    { role: "toolResult", toolCallId: "x", content: [] },
    assistant(call),
    user("go on"),
  );
  expect(turnsOf(events)).toMatchObject([
    { role: "assistant" },
    { role: "tool", callId: "c", isError: true },
    { role: "user" },
  ]);
});

test("unknown and broken events are left out", () => {
  const events = [
    ...createEvents({ type: "custom" }, user(""), user(7), { role: "system", content: "x" }, assistant()),
    {},
  ];
  expect(turnsOf(events)).toEqual([]);
});
