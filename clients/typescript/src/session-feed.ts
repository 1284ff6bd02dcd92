/** The live feed of one session. It resumes after each lost connection. */
import type { CallOptions } from "./call-options.ts";
import { isGatewayError } from "./errors.ts";
import { parseFrame, readEvents } from "./event-stream.ts";
import { canRetryRead, waitBeforeRetry } from "./retry.ts";
import type { SessionEvent } from "./schemas.ts";
import { getRequestId, type Transport } from "./transport.ts";

export interface FollowOptions extends CallOptions {
  /** Number of earlier messages in the first event, 1–1000. Default: 100. */
  readonly limit?: number | undefined;
  /** `id` of the last event of an earlier feed. The new feed resumes after it. */
  readonly lastEventId?: string | undefined;
}

export async function* followSession(
  { openRead }: Transport,
  key: string,
  { limit, lastEventId, ...options }: FollowOptions,
): AsyncGenerator<SessionEvent, void> {
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  let last = lastEventId;
  let hasStarted = false;
  let failures = 0;

  const open = (): Promise<Response> => {
    const from: Readonly<Record<string, string>> = last === undefined ? {} : { "last-event-id": last };
    return openRead(
      "get",
      "/sessions/{key}/history",
      { path: { key }, query: { limit } },
      {
        ...options,
        signal,
        headers: { ...options.headers, accept: "text/event-stream", ...from },
        // The first request has limited retries. A feed that has started reconnects without a limit.
        ...(hasStarted ? { maxRetries: 0 } : {}),
      },
    );
  };

  try {
    for (;;) {
      let failure: unknown;
      try {
        const response = await open();
        hasStarted = true;
        for await (const text of readEvents(response, signal)) {
          signal.throwIfAborted();
          const event = parseFrame(text, getRequestId(response)) as SessionEvent;
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
