/** Stored conversations: listed, read, followed, changed. */
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
  /** Only those of this agent. */
  readonly agentId?: string | undefined;
  /** Sessions that are asked for at once, 1–200; 50 unless set. */
  readonly limit?: number | undefined;
}

export interface HistoryOptions extends CallOptions {
  /** Messages of the page, 1–1000; 100 unless set. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before: the page of older messages. */
  readonly cursor?: string | undefined;
}

/** `key` is the full key of a session, `agent:<id>:<key>`, or a bare one of the default agent. */
export interface Sessions {
  /** Every session of the credential, the one that was used last first; asked for page by page, as they are read. */
  list(options?: ListSessionsOptions): AsyncIterable<Session>;
  /** The newest messages, or with `cursor` older ones. */
  history(key: string, options?: HistoryOptions): Promise<SessionHistory>;
  /**
   * What was said, then every message when it is stored. When the line is lost it goes on behind the last event that
   * came, without a gap; it ends when the session is deleted, and throws when there is none to begin with.
   */
  follow(key: string, options?: FollowOptions): AsyncIterable<SessionEvent>;
  /** Forgets what was said: the next run with this key begins a new conversation. */
  reset(key: string, options?: CallOptions): Promise<SessionReset>;
  /** Aborts the run that is at work in the session, and those that wait. */
  abort(key: string, options?: CallOptions): Promise<SessionAbort>;
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
