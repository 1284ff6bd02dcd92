/** The one place where a credential is decided, for requests and for upgrades alike. */
import { hash, timingSafeEqual } from "node:crypto";
import type { Scope } from "../../contracts/rights.ts";
import { operator } from "../credential-names.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { FailureLimiter } from "./failure-limiter.ts";

/** Who asks. The shared secret, and everybody where no secret is asked for, is the operator. */
export interface Credential {
  /** What it owns is known by this name. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Aborted, with the error to tell, when the key is revoked or has expired: whatever it has open ends then. */
  readonly ended: AbortSignal;
  /** Counts one more request of a connection that makes many. Throws `too_many_requests`. */
  count(): void;
}

/** Throws unless the header has a secret that is known; `address` is whose failure it then is. Counts one request. */
export type Gate = (authorization: string | undefined, address: () => string) => Credential;

/** Finds a named key by the SHA-256 digest of its secret. */
export type FindKey = (digest: Buffer) => Credential | undefined;

const theOperator: Credential = {
  name: operator,
  scopes: ["operator.admin"],
  ended: new AbortController().signal,
  count: () => {},
};
const bearer = /^bearer +(\S.*)$/i;

/** Without a `secret` nobody is asked for one, and keys are not looked at. */
export function createGate(
  secret: string | undefined,
  failures: FailureLimiter,
  findKey: FindKey = () => undefined,
): Gate {
  if (secret === undefined) return () => theOperator;
  const expected = digestOf(secret);

  const find = (given: string | Buffer): Credential | undefined => {
    const digest = digestOf(given);
    return timingSafeEqual(digest, expected) ? theOperator : findKey(digest);
  };
  return (authorization, address) => {
    const given = authorization === undefined ? undefined : bearer.exec(authorization)?.[1];
    // Headers are bytes: some clients send a secret beyond ASCII as Latin-1, as Node reads it, others as UTF-8.
    const found = given === undefined ? undefined : (find(given) ?? find(Buffer.from(given, "latin1")));
    if (found !== undefined && !found.ended.aborted) {
      found.count();
      return found;
    }
    if (authorization === undefined) {
      throw new GatewayError(
        "invalid_api_key",
        "No credential was sent. Send the gateway's token or password, or a key, as `Authorization: Bearer <secret>`.",
      );
    }
    failures.count(address());
    if (found !== undefined) throw toGatewayError(found.ended.reason);
    throw new GatewayError(
      "invalid_api_key",
      given === undefined
        ? "The `Authorization` header is not of the form `Bearer <secret>`."
        : "The credential is not this gateway's. Check that the API key is the gateway's own token or password, or a key that was not revoked.",
    );
  };
}

export function digestOf(secret: string | Buffer): Buffer {
  return hash("sha256", secret, "buffer");
}
