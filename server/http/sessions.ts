/** /sessions: lists, reads, resets, aborts and deletes the stored sessions that a credential may see. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import {
  messagePage,
  sessionPage,
  type abortSession,
  type deleteSession,
  type getSessionHistory,
  type listSessions,
  type resetSession,
} from "../../contracts/http/sessions.ts";
import type { AbortElsewhere } from "../agent/abort-elsewhere.ts";
import type { RunningRuns } from "../agent/running-runs.ts";
import type { Session, SessionCatalog } from "../agent/sessions/catalog.ts";
import {
  encodeListCursor,
  parseListCursor,
  createInvalidCursorError,
} from "../agent/sessions/list-cursor.ts";
import { resolveSessionKey } from "../agent/sessions/session-keys.ts";
import type { Credential } from "../auth/credential.ts";
import type { Handler } from "./handler.ts";
import { toHistory, streamSessionHistory } from "./sessions-feed.ts";

interface SessionDeps {
  readonly sessions: SessionCatalog;
  readonly runs: Pick<RunningRuns, "abort">;
  readonly abortElsewhere: AbortElsewhere;
  /** The agent that a bare session key belongs to, for the credential of this name. */
  readonly defaultAgentOf: (credential: string) => string;
  /** Aborted when the gateway starts to stop. Feeds never end by themselves. */
  readonly stopping: AbortSignal;
}

interface SessionHandlers {
  readonly listSessions: Handler<typeof listSessions>;
  readonly getSessionHistory: Handler<typeof getSessionHistory>;
  readonly resetSession: Handler<typeof resetSession>;
  readonly abortSession: Handler<typeof abortSession>;
  readonly deleteSession: Handler<typeof deleteSession>;
}

export function createSessionHandlers(deps: SessionDeps): SessionHandlers {
  const { sessions, runs, abortElsewhere, defaultAgentOf, stopping } = deps;
  const resolveKey = ({ key }: { readonly key: string }, { name }: Credential): string =>
    resolveSessionKey(key, defaultAgentOf(name), name);
  const abortRuns = async (key: string): Promise<boolean> => {
    const count = runs.abort(({ sessionKey }) => sessionKey === key);
    return count + (await abortElsewhere({ sessionKey: key })).length > 0;
  };

  return {
    async listSessions({ query, credential }) {
      const limit = query.limit ?? sessionPage.default;
      const after = query.cursor === undefined ? undefined : parseListCursor(query.cursor);
      const agentId = query.agentId?.toLowerCase();
      const rows = await sessions.list({ viewer: credential.name, agentId, after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      const nextCursor = last === undefined ? null : encodeListCursor(last);
      return { reply: { ok: true, sessions: page.map(toSummary), nextCursor } };
    },
    async getSessionHistory({ params, query, headers, credential, signal }) {
      const key = resolveKey(params, credential);
      const { name: viewer } = credential;
      const { limit = messagePage.default } = query;
      if (headers.accept?.includes("text/event-stream")) {
        const lastEventId = headers["last-event-id"];
        const { replaced } = credential;
        const feedSignal = AbortSignal.any([signal, stopping, ...(replaced === undefined ? [] : [replaced])]);
        const events = streamSessionHistory(sessions, { key, viewer, limit, lastEventId }, feedSignal);
        // The stream ends without an error event. The client reconnects and gets the error as a response.
        return { events, toFailureEvents: () => [] };
      }
      const before = query.cursor === undefined ? undefined : parseCursor(query.cursor);
      const page = await sessions.history(key, viewer, { limit, before });
      return { reply: { ok: true, ...toHistory(page) } };
    },
    async resetSession({ params, credential }) {
      const key = resolveKey(params, credential);
      await sessions.find(key, credential.name);
      void abortRuns(key);
      const { id } = await sessions.reset(key, credential.name);
      return { reply: { ok: true, sessionKey: key, sessionId: id } };
    },
    async abortSession({ params, credential }) {
      const key = resolveKey(params, credential);
      await sessions.find(key, credential.name);
      return { reply: { ok: true, sessionKey: key, aborted: await abortRuns(key) } };
    },
    async deleteSession({ params, credential }) {
      const key = resolveKey(params, credential);
      await sessions.find(key, credential.name);
      void abortRuns(key);
      await sessions.remove(key, credential.name);
      return { reply: { ok: true, sessionKey: key, deleted: true } };
    },
  };
}

function toSummary(session: Session): ReplyOf<typeof listSessions>["sessions"][number] {
  const { key, id, agentId, label = null, createdAt, updatedAt, entries } = session;
  return { sessionKey: key, sessionId: id, agentId, label, createdAt, updatedAt, entries };
}

function parseCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw createInvalidCursorError();
  return Number(cursor);
}
