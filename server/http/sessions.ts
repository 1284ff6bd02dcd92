/** /sessions: the stored conversations that a credential may see, and what it may do with them. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type {
  abortSession,
  deleteSession,
  getSessionHistory,
  listSessions,
  resetSession,
} from "../../contracts/http/sessions.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { Session, SessionCatalog } from "../agent/sessions/catalog.ts";
import { listCursor, readListCursor, unknownCursor } from "../agent/sessions/list-cursor.ts";
import { fullKey } from "../agent/sessions/session-key.ts";
import type { Credential } from "../gate/credentials.ts";
import type { Handler } from "./handler.ts";
import { historyOf, sessionFeed } from "./sessions-feed.ts";

interface SessionParts {
  readonly sessions: SessionCatalog;
  readonly runs: Pick<RunningRuns, "abort">;
  /** A bare key is one of this agent's, for the credential of this name. */
  readonly defaultAgentOf: (credential: string) => string;
  /** Aborted as soon as the gateway stops: feeds would never end by themselves. */
  readonly stopping: AbortSignal;
}

interface SessionHandlers {
  readonly listSessions: Handler<typeof listSessions>;
  readonly getSessionHistory: Handler<typeof getSessionHistory>;
  readonly resetSession: Handler<typeof resetSession>;
  readonly abortSession: Handler<typeof abortSession>;
  readonly deleteSession: Handler<typeof deleteSession>;
}

const sessionsOfAPage = 50;
const messagesOfAPage = 100;

export function createSessionHandlers(parts: SessionParts): SessionHandlers {
  const { sessions, runs, defaultAgentOf, stopping } = parts;
  const keyOf = ({ key }: { readonly key: string }, { name }: Credential): string =>
    fullKey(key, defaultAgentOf(name));
  const abortRuns = (key: string): boolean => runs.abort(({ sessionKey }) => sessionKey === key) > 0;

  return {
    async listSessions({ query, credential }) {
      const limit = query.limit ?? sessionsOfAPage;
      const after = query.cursor === undefined ? undefined : readListCursor(query.cursor);
      const agentId = query.agentId?.toLowerCase();
      const found = await sessions.list({ viewer: credential.name, agentId, after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      const nextCursor = last === undefined ? null : listCursor(last);
      return { reply: { ok: true, sessions: page.map(shown), nextCursor } };
    },
    async getSessionHistory({ params, query, headers, credential, signal }) {
      const key = keyOf(params, credential);
      const { name: viewer } = credential;
      const { limit = messagesOfAPage } = query;
      if (headers.accept?.includes("text/event-stream")) {
        const lastEventId = headers["last-event-id"];
        const until = AbortSignal.any([signal, stopping]);
        const events = sessionFeed(sessions, { key, viewer, limit, lastEventId }, until);
        // It ends, its reader comes back and is told then.
        return { events, failure: () => [] };
      }
      const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
      const page = await sessions.history(key, viewer, { limit, before });
      return { reply: { ok: true, ...historyOf(page) } };
    },
    async resetSession({ params, credential }) {
      const key = keyOf(params, credential);
      await sessions.find(key, credential.name);
      abortRuns(key);
      const { id } = await sessions.reset(key, credential.name);
      return { reply: { ok: true, sessionKey: key, sessionId: id } };
    },
    async abortSession({ params, credential }) {
      const key = keyOf(params, credential);
      await sessions.find(key, credential.name);
      return { reply: { ok: true, sessionKey: key, aborted: abortRuns(key) } };
    },
    async deleteSession({ params, credential }) {
      const key = keyOf(params, credential);
      await sessions.find(key, credential.name);
      abortRuns(key);
      await sessions.remove(key, credential.name);
      return { reply: { ok: true, sessionKey: key, deleted: true } };
    },
  };
}

function shown(session: Session): ReplyOf<typeof listSessions>["sessions"][number] {
  const { key, id, agentId, label = null, createdAt, updatedAt, entries } = session;
  return { sessionKey: key, sessionId: id, agentId, label, createdAt, updatedAt, entries };
}

function readCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw unknownCursor();
  return Number(cursor);
}
