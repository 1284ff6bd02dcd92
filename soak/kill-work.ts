/** Kills the gateway while it upgrades a store of its first version, and while it makes a backup. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { createGateway, headers, type Gateway } from "./gateway.ts";
import { startProvider } from "./provider.ts";
import { createQuestion } from "./question.ts";
import { fetchHistory, say } from "./talk.ts";

export interface KillWorkReport {
  readonly kills: number;
  /** Kills that came before the work was complete. */
  readonly interrupted: number;
  readonly faults: readonly string[];
}

const sessions = 400;
const entriesOfASession = 20;

/** The schema of the first version, in which a large store takes a moment to upgrade. */
const firstVersion = `
  create table "store" ("version" integer not null);
  create table "sessions" ("key" text primary key, "agent_id" text not null, "credential" text not null, "created_at" bigint not null, "updated_at" bigint not null, "lease_owner" text, "lease_until" bigint, "fence" integer not null);
  create table "entries" ("session_key" text not null references "sessions" ("key") on delete cascade, "seq" integer not null, "run_id" text, "at" bigint not null, "kind" text not null, "payload" text not null, constraint "entries_key" primary key ("session_key", "seq"));
  insert into store values (1)`;

export async function runKillMigration(rounds: number): Promise<KillWorkReport> {
  await using provider = await startProvider();
  const faults: string[] = [];
  let interrupted = 0;
  for (let round = 0; round < rounds; round += 1) {
    await using gateway = await createGateway({ provider });
    writeFirstVersion(join(gateway.stateDir, "sessions.sqlite"));
    gateway.launch();
    await waitForFolder(join(gateway.stateDir, "backups"));
    await sleep(Math.random() * 400);
    await gateway.end("SIGKILL");
    if (readVersion(gateway) === 1) interrupted += 1;
    await gateway.start();
    for (const number of [0, sessions - 1]) {
      const messages = await fetchHistory(gateway.url, `s${number}`);
      if (messages.length !== entriesOfASession)
        faults.push(`round ${round}: session ${number} has ${messages.length} messages`);
    }
    await gateway.end("SIGTERM");
    faults.push(
      ...checkFile(join(gateway.stateDir, "sessions.sqlite"), sessions).map(
        (fault) => `round ${round}: ${fault}`,
      ),
    );
  }
  return { kills: rounds, interrupted, faults };
}

export async function runKillBackup(rounds: number): Promise<KillWorkReport> {
  await using provider = await startProvider();
  await using gateway = await createGateway({ provider });
  const backups = join(gateway.stateDir, "backups");
  writeFirstVersion(join(gateway.stateDir, "sessions.sqlite"));
  await gateway.start();
  // What the upgrade has copied.
  rmSync(backups, { recursive: true, force: true });
  const faults: string[] = [];
  let interrupted = 0;
  for (let round = 0; round < rounds; round += 1) {
    const name = `backup-${round}`;
    const { text } = await say(gateway.url, { session: name, text: createQuestion(name) });
    startBackup(gateway);
    await sleep(Math.random() * 120);
    await gateway.end("SIGKILL");
    const files = existsSync(backups) ? readdirSync(backups) : [];
    interrupted += files.some((file) => file.endsWith(".partial")) ? 1 : 0;
    for (const file of files.filter((each) => each.endsWith(".db")))
      faults.push(
        ...checkFile(join(backups, file), sessions).map((fault) => `round ${round}: ${file}: ${fault}`),
      );
    rmSync(backups, { recursive: true, force: true });
    await gateway.start();
    const history = JSON.stringify(await fetchHistory(gateway.url, name));
    if (text === "" || !history.includes(text))
      faults.push(`round ${round}: the turn before the backup is lost`);
  }
  return { kills: rounds, interrupted, faults };
}

/** The store is copied before its upgrade. */
async function waitForFolder(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(5);
}

function writeFirstVersion(path: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec(firstVersion);
  database.exec("begin");
  const addSession = database.prepare(
    "insert into sessions values (?, 'main', 'operator', ?, ?, null, null, 1)",
  );
  const addEntry = database.prepare("insert into entries values (?, ?, 'run_1', ?, 'turn', ?)");
  const now = Date.now();
  for (let number = 0; number < sessions; number += 1) {
    const key = `agent:main:s${number}`;
    addSession.run(key, now, now);
    for (let seq = 1; seq <= entriesOfASession; seq += 1) {
      const text = `${seq} ${"x".repeat(1_000)}`;
      const turn =
        seq % 2 === 1
          ? { role: "user", content: [{ type: "text", text }] }
          : { role: "assistant", text, calls: [] };
      addEntry.run(key, seq, now, JSON.stringify({ turn }));
    }
  }
  database.exec("commit");
  database.close();
}

function readVersion({ stateDir }: Gateway): number {
  const database = new DatabaseSync(join(stateDir, "sessions.sqlite"));
  try {
    return Number(database.prepare("select version from store").get()?.["version"]);
  } finally {
    database.close();
  }
}

/** Returns what is wrong with a store that has at least so many sessions. */
function checkFile(path: string, atLeast: number): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const check = database.prepare("PRAGMA integrity_check").get()?.["integrity_check"];
    const count = Number(database.prepare("select count(*) as n from sessions").get()?.["n"]);
    return [
      ...(check === "ok" ? [] : [`it is malformed: ${String(check)}`]),
      ...(count >= atLeast ? [] : [`it has ${count} sessions`]),
    ];
  } catch (error) {
    return [`it does not open: ${String(error)}`];
  } finally {
    database.close();
  }
}

/** Asks for a backup, and does not wait for it. */
function startBackup({ url }: Gateway): void {
  const ws = new WebSocket(url.replace(/^http/, "ws"), { headers: { authorization: headers.authorization } });
  const send = (id: string, method: string, params: object): void =>
    ws.send(JSON.stringify({ type: "req", id, method, params }));
  ws.once("message", () => {
    const client = { id: "soak", version: "1", platform: "linux", mode: "soak" };
    send("1", "connect", { minProtocol: 4, maxProtocol: 4, client, scopes: ["operator.admin"] });
    ws.once("message", () => send("2", "sessions.backup", {}));
  });
  ws.on("error", () => {});
}
