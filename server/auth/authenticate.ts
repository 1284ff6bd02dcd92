/** Authenticates HTTP requests, WebSocket upgrades and `connect`. */
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import type { Live } from "../lib/live.ts";
import { readBearer, readCredential, type Attempt } from "./attempt.ts";
import { isDirectLocal } from "./client-address.ts";
import type { Credential } from "./credential.ts";
import type { CountFailure } from "./failure-limiter.ts";
import { findUnreadCredential } from "./read-authorization.ts";
import { createOperatorCredential, createSecretCheck, type FindKey } from "./secret-check.ts";
import { narrowScopes, type UserCheck } from "./users.ts";

/**
 * Counts one request of the credential. Throws or rejects for a caller that is not known, and counts a wrong secret for
 * the caller's address, before the first `await`.
 */
export type Authenticate = (attempt: Attempt) => Credential | Promise<Credential>;

export interface Authenticator {
  readonly authenticate: Authenticate;
  /** From now on only this shared secret is the operator's. Does nothing when it is the same. */
  replaceSecret(secret: string): void;
}

interface AuthenticatorDeps {
  /** The shared secret. Without one every caller is the operator, and keys are ignored. */
  readonly secret: string | undefined;
  readonly findKey: FindKey;
  /** Recognises users. With it the shared secret is for programs of this machine only. */
  readonly users: Live<UserCheck | undefined>;
  /** Counts a wrong secret. Throws or rejects when the caller has sent too many. */
  readonly countFailure: CountFailure;
}

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  if (deps.secret === undefined) return createOpenAuthenticator();
  const { users, countFailure } = deps;
  const secrets = createSecretCheck(deps.secret, deps.findKey);

  const authenticateSecret = (attempt: Attempt): Credential | Promise<Credential> => {
    const { headers, socket } = attempt.request;
    const authorization = readCredential(attempt);
    const candidate = readBearer(authorization);
    const found = candidate === undefined ? undefined : secrets.find(candidate);
    const isAllowed =
      users.current === undefined ||
      found?.isOperator !== true ||
      isDirectLocal(socket.remoteAddress, headers);
    const credential = isAllowed ? found?.credential : undefined;
    if (credential !== undefined && !credential.revoked.aborted) {
      const counting = credential.countRequest();
      return counting === undefined ? credential : counting.then(() => credential);
    }
    if (authorization === undefined) throw createMissingError(findUnreadCredential(headers));
    const reject = (): never => {
      if (credential !== undefined) throw toGatewayError(credential.revoked.reason);
      throw createUnknownError(candidate);
    };
    const counting = countFailure(attempt);
    return counting === undefined ? reject() : counting.then(reject);
  };
  return {
    authenticate: (attempt) => users.current?.authenticate(attempt) ?? authenticateSecret(attempt),
    replaceSecret: secrets.replaceSecret,
  };
}

/** Without a secret anybody on this machine is the operator. */
function createOpenAuthenticator(): Authenticator {
  const credential = createOperatorCredential(["operator.admin"]);
  return {
    authenticate(attempt) {
      readCredential(attempt);
      const scopes = narrowScopes(credential.scopes, attempt.request.headers);
      return scopes === credential.scopes ? credential : { ...credential, scopes };
    },
    replaceSecret: () => {},
  };
}

function createUnknownError(candidate: string | undefined): GatewayError {
  return new GatewayError(
    "invalid_api_key",
    candidate === undefined
      ? "The `Authorization` header is not of the form `Bearer <secret>`."
      : "The credential is not this gateway's. Check that the API key is the gateway's own token or password, or a key that was not revoked.",
  );
}

function createMissingError(unreadHeader: string | undefined): GatewayError {
  const problem =
    unreadHeader === undefined
      ? "No credential was sent."
      : `The header ${unreadHeader} is not read as a credential.`;
  return new GatewayError(
    "invalid_api_key",
    `${problem} Send the gateway's token or password, or a key, as \`Authorization: Bearer <secret>\`.`,
  );
}
