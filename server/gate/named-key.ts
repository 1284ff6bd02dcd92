/** One named key at work: what it opens and how often, until it ends. */
import { allows } from "../../contracts/rights.ts";
import type { Clock } from "../agent/types.ts";
import { operatorKey } from "../credential-names.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { StoredKey } from "../key-store.ts";
import type { Credential } from "./credentials.ts";
import { createRequestLimiter } from "./request-limiter.ts";

export interface NamedKey {
  readonly stored: StoredKey;
  readonly credential: Credential;
  lastUsedAt: number | undefined;
  /** Ends it when its time is over. */
  look(): void;
  /** `message` is what its holder is told. */
  end(message: string): void;
}

interface NamedKeyParts {
  readonly clock: Clock;
  /** Is told the name of the credential. */
  readonly onEnd: (credential: string) => void;
  /** Is told of its first use, and then once a minute at most. */
  readonly onUse: (key: string, at: number) => void;
}

const usesEveryMs = 60_000;

export function createNamedKey(stored: StoredKey, { clock, onEnd, onUse }: NamedKeyParts): NamedKey {
  const { name, scopes, requestsPerMinute, expiresAt = Infinity } = stored;
  const ended = new AbortController();
  const takeOne = requestsPerMinute === undefined ? () => {} : createRequestLimiter(requestsPerMinute, clock);

  const credential: Credential = {
    name: allows(scopes, "admin") ? operatorKey(name) : name,
    scopes,
    ended: ended.signal,
    count() {
      key.look();
      if (ended.signal.aborted) throw toGatewayError(ended.signal.reason);
      takeOne();
      const now = clock();
      if (now - (key.lastUsedAt ?? -Infinity) < usesEveryMs) return;
      key.lastUsedAt = now;
      onUse(name, now);
    },
  };
  const key: NamedKey = {
    stored,
    credential,
    lastUsedAt: stored.lastUsedAt,
    look() {
      if (clock() >= expiresAt) key.end(`The key "${name}" has expired. Ask for another.`);
    },
    end(message) {
      if (ended.signal.aborted) return;
      ended.abort(new GatewayError("invalid_api_key", message));
      onEnd(credential.name);
    },
  };
  return key;
}
