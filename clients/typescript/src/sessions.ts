/** Stored sessions: list, read, follow, reset, abort and delete. */
import { pickDefined, toFetchOptions, type CallOptions } from "./call-options.ts";
import { createCaller, type Api } from "./request.ts";
import type { Retry } from "./retry.ts";
import type {
  Session,
  SessionAbort,
  SessionDeleted,
  SessionEvent,
  SessionHistory,
  SessionReset,
} from "./schemas.ts";
import { followSession, type FollowOptions } from "./session-feed.ts";

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
  /** Iterates over the sessions of the credential, most recently used first. Pages are requested as they are read. */
  list(options?: ListSessionsOptions): AsyncIterable<Session>;
  /** Resolves to a page of the newest messages, or with `cursor` of older messages. */
  history(key: string, options?: HistoryOptions): Promise<SessionHistory>;
  /**
   * Yields the history, then each new message when it is stored. After a lost connection it resumes without a gap. It
   * ends when the session is deleted, and throws when the session does not exist.
   */
  follow(key: string, options?: FollowOptions): AsyncIterable<SessionEvent>;
  /** Starts a new, empty conversation under the same key. */
  reset(key: string, options?: CallOptions): Promise<SessionReset>;
  /** Aborts the active run of the session and its waiting runs. */
  abort(key: string, options?: CallOptions): Promise<SessionAbort>;
  /** Deletes the session with all its messages. */
  delete(key: string, options?: CallOptions): Promise<SessionDeleted>;
}

export function createSessions(api: Api, retry: Retry): Sessions {
  const { read, run } = createCaller(retry);
  const toPathOptions = (key: string, options: CallOptions) => ({
    params: { path: { key } },
    ...toFetchOptions(options),
  });

  async function* list({ agentId, limit, ...options }: ListSessionsOptions): AsyncGenerator<Session, void> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = pickDefined({ agentId, limit, cursor });
      const page = await read(options, () =>
        api.GET("/sessions", { params: { query }, ...toFetchOptions(options) }),
      );
      yield* page.sessions;
      cursor = page.nextCursor;
    }
  }

  return {
    list: (options = {}) => list(options),
    history: (key, { limit, cursor, ...options } = {}) => {
      const init = {
        params: { path: { key }, query: pickDefined({ limit, cursor }) },
        ...toFetchOptions(options),
      };
      return read(options, () => api.GET("/sessions/{key}/history", init));
    },
    follow: (key, options = {}) => followSession(api, retry, key, options),
    reset: (key, options = {}) =>
      run(options, () => api.POST("/sessions/{key}/reset", toPathOptions(key, options))),
    abort: (key, options = {}) =>
      run(options, () => api.POST("/sessions/{key}/abort", toPathOptions(key, options))),
    delete: (key, options = {}) =>
      run(options, () => api.DELETE("/sessions/{key}", toPathOptions(key, options))),
  };
}
