/** `sessions.list`, `.preview`, `.resolve`, `.subscribe`, `.unsubscribe` and `chat.history`: what is stored, read. */
import type { z } from "zod";
import type { chatHistory } from "../../../contracts/socket/chat.ts";
import type {
  SessionRow,
  sessionsList,
  sessionsPreview,
  sessionsResolve,
  sessionsSubscribe,
  sessionsUnsubscribe,
} from "../../../contracts/socket/sessions.ts";
import { noSuchSession } from "../../agent/sessions/access.ts";
import type { Session, SessionCatalog } from "../../agent/sessions/catalog.ts";
import { listCursor, readListCursor } from "../../agent/sessions/list-cursor.ts";
import { toMessage } from "../../agent/sessions/messages.ts";
import { fullKey } from "../../agent/sessions/session-key.ts";
import { cutText } from "../../agent/tools/cap-output.ts";
import type { Clock } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { Caller, MethodHandler } from "../handler.ts";
import { chatPage } from "./chat-page.ts";

interface SessionMethods {
  readonly "sessions.list": MethodHandler<typeof sessionsList>;
  readonly "sessions.preview": MethodHandler<typeof sessionsPreview>;
  readonly "sessions.resolve": MethodHandler<typeof sessionsResolve>;
  readonly "sessions.subscribe": MethodHandler<typeof sessionsSubscribe>;
  readonly "sessions.unsubscribe": MethodHandler<typeof sessionsUnsubscribe>;
  readonly "chat.history": MethodHandler<typeof chatHistory>;
}

interface SessionMethodParts {
  readonly sessions: SessionCatalog;
  /** A bare key is one of this agent's, for the credential of this name. */
  readonly defaultAgentOf: (credential: string) => string;
  readonly maxReplyBytes: number;
  readonly clock: Clock;
}

const sessionsOfAPage = 50;
const looked = { sessions: 2_000, atOnce: 200 };

export function createSessionMethods({
  sessions,
  defaultAgentOf,
  maxReplyBytes,
  clock,
}: SessionMethodParts): SessionMethods {
  const full = (key: string, { credential }: Caller): string => fullKey(key, defaultAgentOf(credential.name));
  const orNone = (error: unknown): undefined => {
    if (error instanceof GatewayError && error.code === "session_not_found") return undefined;
    throw error;
  };

  async function search(viewer: string, matches: (session: Session) => boolean): Promise<Session> {
    let after: Session | undefined;
    for (let seen = 0; seen < looked.sessions; seen += looked.atOnce) {
      const page = await sessions.list({ viewer, limit: looked.atOnce, after });
      const found = page.find(matches);
      if (found !== undefined) return found;
      after = page.at(-1);
      if (page.length < looked.atOnce) break;
    }
    throw noSuchSession();
  }

  return {
    async "sessions.list"({ params, caller }) {
      const { limit = sessionsOfAPage, cursor, agentId, activeMinutes } = params;
      const found = await sessions.list({
        viewer: caller.credential.name,
        agentId: agentId?.toLowerCase(),
        since: activeMinutes === undefined ? undefined : clock() - activeMinutes * 60_000,
        after: cursor === undefined ? undefined : readListCursor(cursor),
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return { sessions: page.map(rowOf), nextCursor: last === undefined ? null : listCursor(last) };
    },
    async "sessions.preview"({ params, caller }) {
      const { limit = 5, maxChars = 200 } = params;
      const previews = params.keys.map(async (given) => {
        const key = full(given, caller);
        const page = await sessions.history(key, caller.credential.name, { limit }).catch(orNone);
        if (page === undefined) return { key, status: "missing" as const, items: [] };
        const items = page.entries
          .flatMap((entry) => toMessage(entry) ?? [])
          .map(({ role, content }) => {
            const text = content.map((part) => (part.type === "text" ? part.text : `[${part.mediaType}]`));
            return { role, text: cutText(text.join("\n"), maxChars) };
          });
        return { key, status: items.length === 0 ? ("empty" as const) : ("ok" as const), items };
      });
      return { previews: await Promise.all(previews) };
    },
    async "sessions.resolve"({ params: { key, sessionId, label }, caller }) {
      const viewer = caller.credential.name;
      if ([key, sessionId, label].filter((each) => each !== undefined).length !== 1) {
        throw new GatewayError("invalid_request", "Send exactly one of key, sessionId and label.");
      }
      const session =
        key === undefined
          ? await search(
              viewer,
              (each) => each.id === sessionId || (label !== undefined && each.label === label),
            )
          : await sessions.find(full(key, caller), viewer);
      return { ok: true, key: session.key, session: rowOf(session) };
    },
    "sessions.subscribe"({ params, caller }) {
      caller.subscriptions.add(params.key === undefined ? undefined : full(params.key, caller));
      return { subscribed: true };
    },
    "sessions.unsubscribe"({ params, caller }) {
      caller.subscriptions.remove(params.key === undefined ? undefined : full(params.key, caller));
      return { subscribed: caller.subscriptions.any };
    },
    async "chat.history"({ params, caller }) {
      const key = full(params.sessionKey, caller);
      const { limit = 200, maxChars = 12_000, cursor: before } = params;
      const page = await sessions.history(key, caller.credential.name, { limit, before }).catch(orNone);
      if (page === undefined) return { sessionKey: key, messages: [], total: 0, nextCursor: null };
      return chatPage(page, maxChars, maxReplyBytes);
    },
  };
}

export function rowOf(session: Session): z.input<typeof SessionRow> {
  const { key, id, agentId, label, model, thinking, createdAt, updatedAt, entries } = session;
  return {
    key,
    sessionId: id,
    agentId,
    ...(label !== undefined && { label }),
    ...(model !== undefined && { model }),
    // Written by `sessions.patch`, which takes levels only.
    ...(thinking !== undefined && {
      thinkingLevel: thinking as NonNullable<z.input<typeof SessionRow>["thinkingLevel"]>,
    }),
    createdAt,
    updatedAt,
    entries,
  };
}
