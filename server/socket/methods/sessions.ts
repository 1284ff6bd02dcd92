/** `sessions.list`, `.preview`, `.resolve`, `.subscribe`, `.unsubscribe` and `chat.history`: the methods that read sessions. */
import type { z } from "zod";
import type { chatHistory } from "../../../contracts/socket/chat.ts";
import { searched } from "../../../contracts/socket/sessions.ts";
import type {
  sessionsDescribe,
  SessionRow,
  sessionsList,
  sessionsPreview,
  sessionsResolve,
  sessionsSearch,
  sessionsSubscribe,
  sessionsUnsubscribe,
} from "../../../contracts/socket/sessions.ts";
import { ignoreSessionNotFound } from "../../agent/sessions/permissions.ts";
import type { ResultOf } from "../../../contracts/socket/method.ts";
import { dayMs, type UsageReports } from "../../telemetry/usage-report.ts";
import { toStoredUsage } from "../usage.ts";
import type { Session, SessionCatalog } from "../../agent/sessions/catalog.ts";
import { encodeListCursor, parseListCursor } from "../../agent/sessions/list-cursor.ts";
import { textsOf, toMessage } from "../../agent/sessions/messages.ts";
import type { StoredEntry } from "../../agent/sessions/store.ts";
import { resolveSessionKey } from "../../agent/sessions/session-keys.ts";
import { truncateText } from "../../lib/truncate-text.ts";
import type { Clock } from "../../lib/ports.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Caller, MethodHandler } from "../handler.ts";
import { findSession } from "../find-session.ts";
import { createHistoryPage } from "./history-page.ts";
import { textOfParts } from "../../agent/parts.ts";
import { hasSubscriptions, subscribe, unsubscribe } from "../subscriptions.ts";

interface SessionMethods {
  readonly "sessions.list": MethodHandler<typeof sessionsList>;
  readonly "sessions.search": MethodHandler<typeof sessionsSearch>;
  readonly "sessions.preview": MethodHandler<typeof sessionsPreview>;
  readonly "sessions.resolve": MethodHandler<typeof sessionsResolve>;
  readonly "sessions.describe": MethodHandler<typeof sessionsDescribe>;
  readonly "sessions.subscribe": MethodHandler<typeof sessionsSubscribe>;
  readonly "sessions.unsubscribe": MethodHandler<typeof sessionsUnsubscribe>;
  readonly "chat.history": MethodHandler<typeof chatHistory>;
}

interface SessionMethodDeps {
  readonly sessions: SessionCatalog;
  /** Returns the agent of a bare session key, for the credential of this name. */
  readonly getDefaultAgentId: (credential: string) => string;
  readonly maxReplyBytes: number;
  readonly usage: Pick<UsageReports, "reportRuns">;
  readonly clock: Clock;
}

const defaultPageSize = 50;
const previewChars = 120;

export function createSessionMethods({
  sessions,
  getDefaultAgentId,
  maxReplyBytes,
  usage,
  clock,
}: SessionMethodDeps): SessionMethods {
  const resolveKey = (key: string, { credential }: Caller): string =>
    resolveSessionKey(key, getDefaultAgentId(credential.name), credential.name);

  const readTitle = async ({ id }: Session): Promise<{ derivedTitle?: string }> => {
    const title = toPreview(await sessions.entriesAfter(id, 0, 1));
    return title === undefined ? {} : { derivedTitle: title };
  };
  const readLastMessage = async ({ id, entries }: Session): Promise<{ lastMessagePreview?: string }> => {
    const preview = toPreview(await sessions.entriesAfter(id, entries - 1, 1));
    return preview === undefined ? {} : { lastMessagePreview: preview };
  };

  const readRuns = async (
    sessionKey: string,
    messages: readonly { readonly runId: string; readonly at: number }[],
  ): Promise<ResultOf<typeof chatHistory>["runs"]> => {
    const runIds = [...new Set(messages.map(({ runId }) => runId))];
    // The page may begin in the middle of a run.
    const from = (messages[0]?.at ?? 0) - dayMs;
    const runs = await usage.reportRuns({ sessionKey, runIds, from });
    return runs.map(({ runId, costMicroUsd, ...tokens }) => ({
      runId,
      usage: toStoredUsage(tokens),
      ...(costMicroUsd !== undefined && { costMicroUsd }),
    }));
  };

  return {
    async "sessions.list"({ params, caller }) {
      const { limit = defaultPageSize, cursor, agentId, activeMinutes } = params;
      const rows = await sessions.list({
        viewer: caller.credential.name,
        agentId: agentId?.toLowerCase(),
        since: activeMinutes === undefined ? undefined : clock() - activeMinutes * 60_000,
        after: cursor === undefined ? undefined : parseListCursor(cursor),
        limit: limit + 1,
      });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      const { includeDerivedTitles = false, includeLastMessage = false } = params;
      const toRow = async (session: Session): Promise<z.input<typeof SessionRow>> => ({
        ...toSessionRow(session),
        ...(includeDerivedTitles && session.label === undefined && (await readTitle(session))),
        ...(includeLastMessage && (await readLastMessage(session))),
      });
      return {
        sessions: await Promise.all(page.map(toRow)),
        nextCursor: last === undefined ? null : encodeListCursor(last),
      };
    },
    async "sessions.search"({ params, caller }) {
      const { query, limit = 20, cursor, agentId } = params;
      const candidates = await sessions.list({
        viewer: caller.credential.name,
        agentId: agentId?.toLowerCase(),
        after: cursor === undefined ? undefined : parseListCursor(cursor),
        limit: searched.sessions + 1,
      });
      const matches: Matches = [];
      let last: Session | undefined;
      // One after the other, so that a search holds the event loop for one conversation at a time.
      for (const session of candidates.slice(0, searched.sessions)) {
        last = session;
        const match = toMatch(session, await sessions.findText(session, query, searched.entries), query);
        if (match !== undefined) matches.push(match);
        if (matches.length === limit) break;
      }
      return {
        matches,
        nextCursor: last === undefined || last === candidates.at(-1) ? null : encodeListCursor(last),
      };
    },
    async "sessions.preview"({ params, caller }) {
      const { limit = 5, maxChars = 200 } = params;
      const previews = params.keys.map(async (requestedKey) => {
        const key = resolveKey(requestedKey, caller);
        const page = await sessions
          .history(key, caller.credential.name, { limit })
          .catch(ignoreSessionNotFound);
        if (page === undefined) return { key, status: "missing" as const, items: [] };
        const items = page.entries
          .flatMap((entry) => toMessage(entry) ?? [])
          .map(({ role, content }) => {
            const text = textOfParts(content, { image: ({ mediaType }) => `[${mediaType}]` });
            return { role, text: truncateText(text, maxChars) };
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
          ? await findSession(
              sessions,
              viewer,
              (each) => each.id === sessionId || (label !== undefined && each.label === label),
            )
          : await sessions.find(resolveKey(key, caller), viewer);
      return { ok: true, key: session.key, session: toSessionRow(session) };
    },
    async "sessions.describe"({ params, caller }) {
      const session = await sessions
        .find(resolveKey(params.key, caller), caller.credential.name)
        .catch(ignoreSessionNotFound);
      return { session: session === undefined ? null : toSessionRow(session) };
    },
    "sessions.subscribe"({ params, caller }) {
      subscribe(caller.subscriptions, params.key === undefined ? undefined : resolveKey(params.key, caller));
      return { subscribed: true };
    },
    "sessions.unsubscribe"({ params, caller }) {
      unsubscribe(
        caller.subscriptions,
        params.key === undefined ? undefined : resolveKey(params.key, caller),
      );
      return { subscribed: hasSubscriptions(caller.subscriptions) };
    },
    async "chat.history"({ params, caller }) {
      const key = resolveKey(params.sessionKey, caller);
      const { limit = 200, maxChars = 12_000, cursor: before } = params;
      const page = await sessions
        .history(key, caller.credential.name, { limit, before })
        .catch(ignoreSessionNotFound);
      if (page === undefined) return { sessionKey: key, messages: [], runs: [], total: 0, nextCursor: null };
      const history = createHistoryPage(page, maxChars, maxReplyBytes);
      return { ...history, runs: await readRuns(key, history.messages) };
    },
  };
}

type Matches = ResultOf<typeof sessionsSearch>["matches"];

/** Undefined without an entry. */
function toMatch(
  session: Session,
  entry: StoredEntry | undefined,
  query: string,
): Matches[number] | undefined {
  if (entry === undefined) return undefined;
  const message = toMessage(entry);
  if (message === undefined) return undefined;
  const words = query.toLowerCase();
  const text = textsOf(entry).find((each) => each.toLowerCase().includes(words)) ?? "";
  const start = Math.max(0, text.toLowerCase().indexOf(words) - previewChars / 2);
  const line = text
    .slice(start, start + words.length + previewChars)
    .replaceAll(/\s+/g, " ")
    .trim();
  return { session: toSessionRow(session), seq: message.seq, role: message.role, text: line };
}

/** Returns the beginning of the text of a message on one line. Undefined without text. */
function toPreview([entry]: readonly StoredEntry[]): string | undefined {
  const message = entry && toMessage(entry);
  if (message === undefined) return undefined;
  const text = textOfParts(message.content, { image: ({ mediaType }) => `[${mediaType}]` });
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line === "" ? undefined : truncateText(line, previewChars);
}

export function toSessionRow(session: Session): z.input<typeof SessionRow> {
  const { key, id, agentId, label, model, thinking, createdAt, updatedAt, entries } = session;
  return {
    key,
    sessionId: id,
    agentId,
    ...(label !== undefined && { label }),
    ...(model !== undefined && { model }),
    // Only `sessions.patch` writes this field, and it accepts levels only.
    ...(thinking !== undefined && {
      thinkingLevel: thinking as NonNullable<z.input<typeof SessionRow>["thinkingLevel"]>,
    }),
    createdAt,
    updatedAt,
    entries,
  };
}
