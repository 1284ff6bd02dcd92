/** The live feed of one session. It resumes after each lost connection. */
import { toFetchOptions, type CallOptions } from "./call-options.ts";
import { isGatewayError } from "./errors.ts";
import { parseFrame, readEvents } from "./event-stream.ts";
import { unwrap, type Api } from "./request.ts";
import { canRetryRead, waitBeforeRetry, type Retry } from "./retry.ts";
import type { SessionEvent } from "./schemas.ts";

export interface FollowOptions extends CallOptions {
  /** Number of earlier messages in the first event, 1–1000. Default: 100. */
  readonly limit?: number | undefined;
  /** `id` of the last event of an earlier feed. The new feed resumes after it. */
  readonly lastEventId?: string | undefined;
}

export async function* followSession(
  api: Api,
  retry: Retry,
  key: string,
  { limit, lastEventId, ...options }: FollowOptions,
): AsyncGenerator<SessionEvent, void> {
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  let last = lastEventId;
  let hasStarted = false;
  let failures = 0;

  const open = () => {
    const { headers } = toFetchOptions(options);
    const from = last === undefined ? {} : { "last-event-id": last };
    const init = {
      params: { path: { key }, query: limit === undefined ? {} : { limit } },
      headers: { ...headers, accept: "text/event-stream", ...from },
      signal,
      parseAs: "stream",
    } as const;
    return unwrap(api.GET("/sessions/{key}/history", init), signal);
  };

  try {
    for (;;) {
      let failure: unknown;
      try {
        // The first request has limited retries. A feed that has started reconnects without a limit.
        const { data, response } = await (hasStarted ? open() : retry(canRetryRead, signal, open));
        const requestId = response.headers.get("x-request-id") ?? undefined;
        hasStarted = true;
        for await (const text of readEvents(data, signal, requestId)) {
          signal.throwIfAborted();
          const event = parseFrame(text, requestId) as SessionEvent;
          failures = 0;
          last = event.id;
          yield event;
        }
      } catch (thrown) {
        if (!hasStarted || !isGatewayError(thrown)) throw thrown;
        if (thrown.code === "session_not_found") return;
        if (thrown.code !== "stream_cut" && !canRetryRead(thrown)) throw thrown;
        failure = thrown;
      }
      await waitBeforeRetry(failures, failure, signal);
      failures += 1;
    }
  } finally {
    controller.abort();
  }
}
