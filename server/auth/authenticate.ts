/** Authenticates HTTP requests, WebSocket upgrades and `connect`. */
import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { operator } from "../lib/credential-names.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import type { ClientAddress } from "./client-address.ts";
import type { FailureLimiter } from "./failure-limiter.ts";
import type { Credential } from "./credential.ts";
import { findUnreadCredential, readAuthorization } from "./read-authorization.ts";

/** A request whose caller is to be authenticated. */
export interface Attempt {
  readonly request: IncomingMessage;
  /** The method and path template, such as `POST /v1/responses`, for reports. */
  readonly route: string;
  /** The secret in the params of `connect`. The headers are not read then. */
  readonly secret?: string | undefined;
  /** Whether `x-api-key` goes before `Authorization`, as on the paths of Anthropic's API. */
  readonly isAnthropic?: boolean;
}

/**
 * Counts one request of the credential. Throws or rejects for a caller that is not known, and counts a wrong secret for
 * the caller's address, before the first `await`.
 */
export type Authenticate = (attempt: Attempt) => Credential | Promise<Credential>;

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

interface AuthenticatorDeps {
  /** The shared secret. Without one every caller is the operator and keys are ignored. */
  readonly secret: string | undefined;
  readonly failures: FailureLimiter;
  readonly findKey: FindKey;
  readonly clientAddress: ClientAddress;
}

export function createAuthenticator({
  secret,
  failures,
  findKey,
  clientAddress,
}: AuthenticatorDeps): Authenticator {
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
  const authenticate: Authenticate = ({ request, route, secret: sentSecret, isAnthropic }) => {
    const { headers, socket } = request;
    const authorization =
      sentSecret === undefined ? readAuthorization(headers, isAnthropic) : `Bearer ${sentSecret}`;
    if (owner.digest === undefined) return owner.credential;
    const candidate = authorization === undefined ? undefined : bearerPattern.exec(authorization)?.[1];
    const credential = candidate === undefined ? undefined : findCredential(candidate);
    if (credential !== undefined && !credential.revoked.aborted) {
      credential.countRequest();
      return credential;
    }
    if (authorization === undefined) {
      const unreadHeader = findUnreadCredential(headers);
      throw new GatewayError(
        "invalid_api_key",
        `${unreadHeader === undefined ? "No credential was sent." : `The header ${unreadHeader} is not read as a credential.`} Send the gateway's token or password, or a key, as \`Authorization: Bearer <secret>\`.`,
      );
    }
    failures.countFailure({ address: clientAddress(socket.remoteAddress, headers), route });
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
