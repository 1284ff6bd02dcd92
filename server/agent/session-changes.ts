/** Changes a stored conversation between runs: takes messages back, or copies it up to a message. */
import { GatewayError } from "../lib/errors.ts";
import type { AcquireByKey } from "./semaphore.ts";
import type { SessionCatalog } from "./sessions/catalog.ts";
import type { Entry, SessionStore } from "./sessions/store.ts";
import { selectVisibleTurns } from "./sessions/transcript.ts";

interface ChangeRequest {
  readonly key: string;
  readonly agentId: string;
  readonly credential: string;
  /** `seq` of a message. */
  readonly seq: number;
}

export interface SessionChanges {
  /** Removes a user's turn and all after it. Resolves to the number of removed turns. Rejects with `session_busy` during a run. */
  rewind(request: ChangeRequest & { readonly runId: string }): Promise<number>;
  /** Copies the entries up to `seq` into a new session. Resolves to their number. */
  branch(
    request: ChangeRequest & { readonly newKey: string; readonly label: string | undefined },
  ): Promise<number>;
}

const neverAborted = new AbortController().signal;
const pageSize = 500;
/** A branch is stored in one commit. */
const maxCopiedEntries = 20_000;

export function createSessionChanges(
  store: SessionStore & { readonly sessions: Pick<SessionCatalog, "find" | "entriesAfter"> },
  acquireSessionLock: AcquireByKey,
): SessionChanges {
  const { sessions } = store;
  const rewind: SessionChanges["rewind"] = async ({ key, agentId, credential, seq, runId }) => {
    const releaseSession = await acquireSessionLock(key, neverAborted, 0).catch((cause: unknown) => {
      const message = "A run of this session is at work. Abort it, or wait for its end.";
      throw new GatewayError("session_busy", message, { retryAfterSeconds: 5, cause });
    });
    let removed = 0;
    try {
      const lease = await store.acquire(key, { agentId, credential }, (entries) => {
        const turns = selectVisibleTurns(entries);
        const index = turns.findIndex((turn) => turn.seq === seq);
        const turn = turns[index]?.turn;
        if (turn?.role !== "user" || turn.summary === true)
          throw createSeqError(`${seq} is no user's message after the last summary of this conversation`);
        removed = turns.length - index;
        return [{ kind: "rewind", runId, to: turns[index - 1]?.seq ?? 0 }];
      });
      await lease.release();
    } finally {
      releaseSession();
    }
    return removed;
  };

  const branch: SessionChanges["branch"] = async ({ key, newKey, agentId, credential, seq, label }) => {
    const session = await sessions.find(key, credential);
    const entries: Entry[] = [];
    for (let last = 0; last < seq;) {
      const page = await sessions.entriesAfter(session.id, last, pageSize);
      entries.push(...page.filter((each) => each.seq <= seq).map(({ entry }) => toReadable(entry)));
      last = page.at(-1)?.seq ?? seq;
      if (entries.length > maxCopiedEntries)
        throw createSeqError(`the conversation has more than ${maxCopiedEntries} entries before ${seq}`);
    }
    if (entries.length === 0) throw createSeqError(`the conversation has no message ${seq}`);
    // The entries keep their numbers, because both conversations begin with 1. A rewind names one of them.
    const lease = await store.acquire(newKey, { agentId, credential, label }, () => entries);
    await lease.release();
    return entries.length;
  };
  return { rewind, branch };
}

/** An entry that cannot be read cannot be written either. It takes a number. */
const toReadable = (entry: Entry): Entry =>
  entry.kind === "damaged" ? { kind: "interrupted", runId: null } : entry;

const createSeqError = (reason: string): GatewayError =>
  new GatewayError("invalid_value", `seq: ${reason}.`, { param: "seq" });
