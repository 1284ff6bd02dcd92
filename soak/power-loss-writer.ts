/**
 * Stores turns until it is killed, and writes each one to a file when the store has acknowledged it. For power-loss.ts.
 * `node soak/power-loss-writer.ts STORE ACKNOWLEDGED NAME sync|no-sync`
 */
import { openSync, writeSync } from "node:fs";
import { createNodeSqlite } from "../server/agent/sessions/node-sqlite.ts";
import { openSqlStore } from "../server/agent/sessions/sql-store.ts";
import type { Entry } from "../server/agent/sessions/store.ts";
import { randomId } from "../server/lib/ids.ts";

const [storePath = "", acknowledgedPath = "", name = "", sync = "sync"] = process.argv.slice(2);
const owner = { agentId: "main", credential: "operator" };
const callers = 6;
/** The log is copied to the database every few turns. */
const maxLogBytes = 150_000;

const acknowledged = openSync(acknowledgedPath, "a");
const store = await openSqlStore({
  database: createNodeSqlite(storePath, {
    maxLogBytes,
    ...(sync === "no-sync" && { syncFile: () => Promise.resolve() }),
  }),
  clock: Date.now,
  newId: randomId,
  isExclusive: true,
});

async function storeTurns(key: string): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const text = `${turn} ${"x".repeat(Math.random() * 3_000)}`;
    const question: Entry = {
      kind: "turn",
      runId: "q",
      turn: { role: "user", content: [{ type: "text", text }] },
    };
    const answer: Entry = {
      kind: "turn",
      runId: "a",
      turn: { role: "assistant", content: [{ type: "text", text }] },
    };
    const lease = await store.acquire(key, owner, () => [question]);
    writeSync(acknowledged, `${key} q ${turn}\n`);
    await lease.release([answer]);
    writeSync(acknowledged, `${key} a ${turn}\n`);
  }
}

await Promise.all(Array.from({ length: callers }, (_, caller) => storeTurns(`agent:main:${name}-${caller}`)));
