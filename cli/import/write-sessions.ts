/** Writes imported sessions into the store of a gateway that does not run. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createNodeSqlite } from "../../server/agent/sessions/node-sqlite.ts";
import { openSqlStore, type Store } from "../../server/agent/sessions/sql-store.ts";
import { operator } from "../../server/lib/credential-names.ts";
import { GatewayError } from "../../server/lib/errors.ts";
import { randomId } from "../../server/lib/ids.ts";
import type { ForeignSession } from "./read-sessions.ts";
import { convertTranscript } from "./transcript.ts";

export interface WrittenSessions {
  readonly imported: readonly string[];
  /** Keys that the store has already. */
  readonly existing: readonly string[];
  /** Keys of conversations without a message. */
  readonly empty: readonly string[];
}

interface WriteOptions {
  readonly stateDir: string;
  /** The cleanup deletes sessions that were used before this time. They get the time of the import instead. */
  readonly keptSince: number;
}

export async function writeSessions(
  sessions: readonly ForeignSession[],
  { stateDir, keptSince }: WriteOptions,
): Promise<WrittenSessions> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  let now = Date.now();
  const store = await openSqlStore({
    database: createNodeSqlite(join(stateDir, "sessions.sqlite")),
    // Entries get the time of the clock: the sessions keep theirs.
    clock: () => now,
    newId: randomId,
    isExclusive: true,
  });
  const imported: string[] = [];
  const existing: string[] = [];
  const empty: string[] = [];
  try {
    for (const session of sessions) {
      const entries = convertTranscript(session.events, randomId("run_"));
      if (entries.length === 0) empty.push(session.key);
      else if (await hasSession(store, session.key)) existing.push(session.key);
      else {
        const isOld = session.updatedAt < keptSince;
        now = isOld ? Date.now() : session.createdAt;
        const owner = { agentId: session.agentId, credential: operator, label: session.label };
        const lease = await store.acquire(session.key, owner);
        now = isOld ? Date.now() : session.updatedAt;
        await lease.append(entries);
        await lease.release();
        imported.push(session.key);
      }
    }
  } finally {
    now = Date.now();
    await store.close();
  }
  return { imported, existing, empty };
}

async function hasSession(store: Store, key: string): Promise<boolean> {
  try {
    await store.sessions.find(key, operator);
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.code === "session_not_found") return false;
    throw error;
  }
}
