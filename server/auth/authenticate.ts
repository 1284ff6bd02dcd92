/** Authenticates HTTP requests and WebSocket upgrades, and checks their permissions. */
import { hash, timingSafeEqual } from "node:crypto";
import { hasPermission, scopesFor, type Scope, type Permission } from "../../contracts/permissions.ts";
import { operator } from "../lib/credential-names.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import type { FailureLimiter } from "./failure-limiter.ts";
import type { Caller } from "./failure-report.ts";
import type { RequestLimit } from "./request-limiter.ts";
import type { Endpoint } from "../../contracts/endpoint.ts";

/** An authenticated caller. The shared secret is the operator, and so is every caller when no secret is set. */
export interface Credential {
  /** The owner's name of everything that the caller creates. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Aborted when the key is revoked or expires; the reason is the error for the caller. Open requests end then. */
  readonly revoked: AbortSignal;
  /**
   * Aborted when the secret is replaced by another; the reason is the error for the caller. Connections close then, and
   * accepted requests go on. Absent for a credential whose secret cannot be replaced.
   */
  readonly replaced?: AbortSignal;
  /** Counts one request on a connection that sends many. Throws `too_many_requests`. */
  countRequest(): void;
  /** Absent without a limit. */
  readonly readRequestLimit?: (() => RequestLimit) | undefined;
}

/**
 * Counts one request. Throws for an unknown secret and counts the failure for the caller's address. `unreadHeader` is the
 * name of a header that seems to have a credential.
 */
export type Authenticate = (
  authorization: string | undefined,
  getCaller: () => Caller,
  unreadHeader?: string,
) => Credential;

/** Returns the credential of the named key whose secret has this SHA-256 digest. */
export type FindKey = (digest: Buffer) => Credential | undefined;

export interface Authenticator {
  readonly authenticate: Authenticate;
  /** From now on only this shared secret is the operator's. Does nothing when it is the same. */
  replaceSecret(secret: string): void;
}

/** The credential of callers that send the shared secret, or of all callers when there is none. */
interface Operator {
  readonly digest: Buffer | undefined;
  readonly credential: Credential;
  /** Ends the connections of this secret. */
  end(): void;
}

function createOperator(secret: string | undefined): Operator {
  const replacement = new AbortController();
  return {
    digest: secret === undefined ? undefined : hashSecret(secret),
    credential: {
      name: operator,
      // Without a secret anybody on this machine is the operator.
      scopes: secret === undefined ? ["operator.admin"] : ["operator.admin", "operator.config"],
      revoked: new AbortController().signal,
      replaced: replacement.signal,
      countRequest: () => {},
    },
    end: () =>
      replacement.abort(
        new GatewayError(
          "invalid_api_key",
          "The gateway's secret was replaced. Connect again with the new one.",
        ),
      ),
  };
}

const maxKnownDigests = 100;
const bearerPattern = /^bearer +(\S.*)$/i;

/** Without a `secret` every caller is the operator and keys are ignored. */
export function createAuthenticator(
  secret: string | undefined,
  failures: FailureLimiter,
  findKey: FindKey = () => undefined,
): Authenticator {
  let owner = createOperator(secret);
  /** The digests of secrets that were valid: a client sends the same one with every request. */
  const knownDigests = new Map<string, Buffer>();

  const findByDigest = (digest: Buffer): Credential | undefined =>
    owner.digest !== undefined && timingSafeEqual(digest, owner.digest) ? owner.credential : findKey(digest);
  const findCredential = (candidate: string): Credential | undefined => {
    const knownDigest = knownDigests.get(candidate);
    if (knownDigest !== undefined) return findByDigest(knownDigest);
    // Header values are bytes. Clients send non-ASCII secrets as Latin-1, which is how Node decodes them, or as UTF-8.
    for (const encoding of ["utf8", "latin1"] as const) {
      const digest = hashSecret(Buffer.from(candidate, encoding));
      const credential = findByDigest(digest);
      if (credential === undefined) continue;
      if (knownDigests.size >= maxKnownDigests) knownDigests.delete(knownDigests.keys().next().value ?? "");
      knownDigests.set(candidate, digest);
      return credential;
    }
    return undefined;
  };
  const authenticate: Authenticate = (authorization, getCaller, unreadHeader) => {
    if (owner.digest === undefined) return owner.credential;
    const candidate = authorization === undefined ? undefined : bearerPattern.exec(authorization)?.[1];
    const credential = candidate === undefined ? undefined : findCredential(candidate);
    if (credential !== undefined && !credential.revoked.aborted) {
      credential.countRequest();
      return credential;
    }
    if (authorization === undefined) {
      throw new GatewayError(
        "invalid_api_key",
        `${unreadHeader === undefined ? "No credential was sent." : `The header ${unreadHeader} is not read as a credential.`} Send the gateway's token or password, or a key, as \`Authorization: Bearer <secret>\`.`,
      );
    }
    failures.countFailure(getCaller());
    if (credential !== undefined) throw toGatewayError(credential.revoked.reason);
    throw new GatewayError(
      "invalid_api_key",
      candidate === undefined
        ? "The `Authorization` header is not of the form `Bearer <secret>`."
        : "The credential is not this gateway's. Check that the API key is the gateway's own token or password, or a key that was not revoked.",
    );
  };
  return {
    authenticate,
    replaceSecret(next) {
      if (owner.digest?.equals(hashSecret(next)) === true) return;
      const previous = owner;
      owner = createOperator(next);
      knownDigests.clear();
      previous.end();
    },
  };
}

export function hashSecret(secret: string | Buffer): Buffer {
  return hash("sha256", secret, "buffer");
}

/** Throws `missing_scope` unless the credential has the permission. Clients recognise the text "missing scope". */
export function requirePermission(
  { scopes }: Pick<Credential, "scopes">,
  permission: Endpoint["auth"],
): void {
  if (permission === "public" || permission === "optional" || hasPermission(scopes, permission)) return;
  throw new GatewayError("missing_scope", describeMissingScope(permission));
}

export function describeMissingScope(permission: Permission): string {
  const [scope] = scopesFor[permission];
  return `missing scope: ${scope}. This operation needs ${scopesFor[permission].join(" or ")}.`;
}
