/** One named key: its credential, its rate limit, its expiry and its revocation. */
import { hasPermission } from "../../contracts/permissions.ts";
import type { Clock } from "../lib/ports.ts";
import { toOperatorKeyName } from "../lib/credential-names.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import type { StoredKey } from "../lib/key-store.ts";
import type { Credential } from "./credential.ts";
import type { RequestLimiter } from "./request-limiter.ts";

export interface NamedKey {
  readonly record: StoredKey;
  readonly credential: Credential;
  lastUsedAt: number | undefined;
  /** Revokes the key if it has expired. */
  expireIfDue(): void;
  /** Revokes the key. `message` is the error text for its holder. */
  revoke(message: string): void;
}

interface NamedKeyDeps {
  readonly createLimiter: (key: string, perMinute: number) => RequestLimiter;
  readonly clock: Clock;
  /** Called with the name of the credential. */
  readonly onRevoked: (credential: string) => void;
  /** Called on the first use, and then at most once a minute. */
  readonly onUse: (key: string, at: number) => void;
}

const lastUsedIntervalMs = 60_000;

export function createNamedKey(
  record: StoredKey,
  { createLimiter, clock, onRevoked, onUse }: NamedKeyDeps,
): NamedKey {
  const { name, scopes, requestsPerMinute, expiresAt = Infinity } = record;
  const revocation = new AbortController();
  const limiter = requestsPerMinute === undefined ? undefined : createLimiter(name, requestsPerMinute);

  const recordUse = (): void => {
    const now = clock();
    if (now - (key.lastUsedAt ?? -Infinity) < lastUsedIntervalMs) return;
    key.lastUsedAt = now;
    onUse(name, now);
  };
  const credential: Credential = {
    name: hasPermission(scopes, "admin") ? toOperatorKeyName(name) : name,
    scopes,
    revoked: revocation.signal,
    readRequestLimit: limiter?.read,
    countRequest() {
      key.expireIfDue();
      if (revocation.signal.aborted) throw toGatewayError(revocation.signal.reason);
      const counting = limiter?.count();
      return counting === undefined ? recordUse() : counting.then(recordUse);
    },
  };
  const key: NamedKey = {
    record,
    credential,
    lastUsedAt: record.lastUsedAt,
    expireIfDue() {
      if (clock() >= expiresAt) key.revoke(`The key "${name}" has expired. Ask for another.`);
    },
    revoke(message) {
      if (revocation.signal.aborted) return;
      revocation.abort(new GatewayError("invalid_api_key", message));
      onRevoked(credential.name);
    },
  };
  return key;
}
