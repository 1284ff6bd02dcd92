/**
 * Remembers streams that failed and must not run again. Claude Code repeats the request of a failed stream at once, without
 * streaming, and no header of a stream that has begun can tell it not to: the repeat gets the same error.
 */
import { createHash } from "node:crypto";
import type { MessagesRequest } from "../../../contracts/http/messages/request.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { Clock } from "../../lib/ports.ts";

type RequestKey = Pick<MessagesRequest, "model" | "messages">;

export interface FailedStreams {
  /** Records the failure of a stream. */
  add(credential: string, request: RequestKey, error: GatewayError): void;
  /** Throws the error of the stream that the request repeats. */
  rejectRepeat(credential: string, request: RequestKey): void;
}

/** Not the error itself: its stack keeps alive what the stream knew. */
interface Failure extends Pick<GatewayError, "code" | "message"> {
  readonly until: number;
}

const ttlMs = 60_000;
const maxEntries = 1_000;

export function createFailedStreams(clock: Clock): FailedStreams {
  /** Oldest first. */
  const failures = new Map<string, Failure>();
  const evict = (): void => {
    for (const [key, { until }] of failures) {
      if (failures.size <= maxEntries && until > clock()) return;
      failures.delete(key);
    }
  };
  return {
    add(credential, request, error) {
      const { code, message } = error;
      failures.set(hashRequest(credential, request), { code, message, until: clock() + ttlMs });
      evict();
    },
    rejectRepeat(credential, request) {
      evict();
      if (failures.size === 0) return;
      const failure = failures.get(hashRequest(credential, request));
      if (failure === undefined) return;
      throw new GatewayError(failure.code, failure.message, { retry: false });
    },
  };
}

/** The repeat differs in fields such as `stream` and `max_tokens`. */
const hashRequest = (credential: string, { model, messages }: RequestKey): string =>
  createHash("sha256")
    .update(JSON.stringify([credential, model, messages]))
    .digest("base64url");
