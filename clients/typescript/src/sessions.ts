/** Stored sessions: list, read, follow, reset, abort and delete. */
import type { ApiPromise, WithRequestId } from "./api-promise.ts";
import type { CallOptions } from "./call-options.ts";
import type { ClientOptions } from "./client-options.ts";
import { requestPages, type PagePromise } from "./pages.ts";
import type {
  Session,
  SessionAbort,
  SessionDeleted,
  SessionEvent,
  SessionHistory,
  SessionList,
  SessionMessage,
  SessionReset,
} from "./schemas.ts";
import { followSession, type FollowOptions } from "./session-feed.ts";
import { createTransport, type Transport } from "./transport.ts";

export interface ListSessionsOptions extends CallOptions {
  /** Lists only sessions of this agent. */
  readonly agentId?: string | undefined;
  /** Sessions per request, 1–200. Default: 50. */
  readonly limit?: number | undefined;
}

export interface HistoryOptions extends CallOptions {
  /** Messages of the page, 1–1000. Default: 100. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the previous page, for older messages. */
  readonly cursor?: string | undefined;
}

/** `key` is a full session key, `agent:<id>:<key>`, or a bare key of the default agent. */
export interface Sessions {
  /**
   * List sessions.
   *
   * Lists the stored sessions of the credential, by last use, newest first. The gateway's own secret and keys
   * with `operator.admin` see the sessions of every credential.
   *
   * Needs the scope `operator.read`.
   * @see GET /sessions
   */
  list(options?: ListSessionsOptions): PagePromise<SessionList, Session>;
  /**
   * Read a session.
   *
   * Returns the messages of a conversation in pages, newest page first. A page has fewer messages than
   * `limit` when they would take more than 16 MB. With `Accept: text/event-stream` it is a live feed: first
   * an event `history` with one page, then an event `message` for each new message. Send the id of the last
   * event as `Last-Event-ID` to resume a feed, as browsers do. The feed ends when the session is deleted. A
   * message is sent when it is complete; only the caller of a run receives its text as it streams.
   *
   * Needs the scope `operator.read`.
   *
   * @remarks A loop over the pages yields messages from the newest to the oldest.
   * @see GET /sessions/{key}/history
   */
  history(key: string, options?: HistoryOptions): PagePromise<SessionHistory, SessionMessage>;
  /**
   * Yields the history, then each new message when it is stored. After a lost connection it resumes without a gap. It
   * ends when the session is deleted, and throws when the session does not exist.
   */
  follow(key: string, options?: FollowOptions): AsyncIterable<SessionEvent>;
  /**
   * Reset a session.
   *
   * Starts a new conversation under the same key. A run in progress is aborted.
   *
   * Needs the scope `operator.write`.
   * @see POST /sessions/{key}/reset
   */
  reset(key: string, options?: CallOptions): ApiPromise<SessionReset & WithRequestId>;
  /**
   * Abort the run of a session.
   *
   * Aborts the run in progress in the session and the runs that wait for it. Partial output is stored and
   * marked as aborted; the callers get `run_aborted`.
   *
   * Needs the scope `operator.write` or `run`.
   * @see POST /sessions/{key}/abort
   */
  abort(key: string, options?: CallOptions): ApiPromise<SessionAbort & WithRequestId>;
  /**
   * Delete a session.
   *
   * Deletes a session and its messages. A run in progress is aborted.
   *
   * Needs the scope `operator.write`.
   * @see DELETE /sessions/{key}
   */
  delete(key: string, options?: CallOptions): ApiPromise<SessionDeleted & WithRequestId>;
}

/** Sessions alone, for small bundles. */
export function createSessions(options: ClientOptions = {}): Sessions {
  return bindSessions(createTransport(options));
}

export function bindSessions(transport: Transport): Sessions {
  const { read, run } = transport;
  return {
    list: ({ agentId, limit, ...options } = {}) =>
      requestPages<SessionList, Session, string>({
        request: (cursor, finish) =>
          read("get", "/sessions", { query: { agentId, limit, cursor } }, options, finish),
        getItems: ({ sessions }) => sessions,
        getNextCursor: ({ nextCursor }) => nextCursor,
      }),
    history: (key, { limit, cursor: firstCursor, ...options } = {}) =>
      requestPages<SessionHistory, SessionMessage, string>({
        request: (cursor = firstCursor, finish) =>
          read(
            "get",
            "/sessions/{key}/history",
            { path: { key }, query: { limit, cursor } },
            options,
            finish,
          ),
        getItems: ({ messages }) => reverse(messages),
        getNextCursor: ({ nextCursor }) => nextCursor,
      }),
    follow: (key, options = {}) => followSession(transport, key, options),
    reset: (key, options = {}) => run("post", "/sessions/{key}/reset", { path: { key } }, options),
    abort: (key, options = {}) => run("post", "/sessions/{key}/abort", { path: { key } }, options),
    delete: (key, options = {}) => run("delete", "/sessions/{key}", { path: { key } }, options),
  };
}

/** `toReversed` needs Safari 16 and TypeScript's ES2023. */
function reverse<T>(items: readonly T[]): readonly T[] {
  return items.map((_, index) => items[items.length - 1 - index] as T);
}
