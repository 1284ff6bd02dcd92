/** Takes the user from a signed token: https://www.rfc-editor.org/rfc/rfc7519, with the keys that its issuer publishes. */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from "jose";
import type { Config } from "../../contracts/config/config.ts";
import { intersectScopes, scopes as knownScopes, type Scope } from "../../contracts/permissions.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Clock, Log } from "../lib/ports.ts";
import { readBearer, readCredential, type Attempt } from "./attempt.ts";
import type { Credential } from "./credential.ts";
import type { CountFailure } from "./failure-limiter.ts";
import { hashSecret } from "./secret-check.ts";
import { createUserAgents } from "./user-agents.ts";
import { createUserCredential, userScopes, type UserCheck } from "./users.ts";

type Settings = NonNullable<Config["gateway"]["auth"]["jwt"]>;

interface JwtDeps {
  /** Counts a token that is rejected. Throws or rejects when the caller has sent too many. */
  readonly countFailure: CountFailure;
  readonly clock: Clock;
  readonly log: Log;
}

/** Unknown keys are looked up at most this often: anybody can name one. A rotated key works after this time. */
const cooldownMs = 5_000;
const fetchTimeoutMs = 5_000;
const maxTimerMs = 2 ** 31 - 1;

const tokenPattern = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Any other secret than a token is a key, or the secret of commands on this machine. */
export function createJwtCheck(settings: Settings, deps: JwtDeps): UserCheck {
  const { issuer, audience, algorithms, clockToleranceSeconds } = settings;
  const keys = createRemoteJWKSet(new URL(settings.jwksUri), {
    cooldownDuration: cooldownMs,
    timeoutDuration: fetchTimeoutMs,
  });
  const options = {
    issuer,
    audience: typeof audience === "string" ? audience : [...audience],
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ["exp", ...(settings.agentsClaim === undefined ? [] : ["iat"])],
  };
  const userAgents = createUserAgents();
  /** One for each token, so that its connections close when it expires. */
  const lifetimes = new Map<string, AbortController>();

  const getLifetime = (token: string, expiresAt: number): AbortSignal => {
    const digest = hashSecret(token).toString("base64url");
    const known = lifetimes.get(digest);
    if (known !== undefined) return known.signal;
    const lifetime = new AbortController();
    lifetimes.set(digest, lifetime);
    const end = (): void => {
      lifetimes.delete(digest);
      lifetime.abort(
        new GatewayError("invalid_api_key", "The token has expired. Connect again with a new one."),
      );
    };
    setTimeout(end, Math.min(Math.max(expiresAt - deps.clock(), 0), maxTimerMs)).unref();
    return lifetime.signal;
  };

  const verify = async (token: string, attempt: Attempt): Promise<Credential> => {
    const payload = await verifyToken(token, attempt);
    const user = payload[settings.principalClaim];
    if (typeof user !== "string" || user.trim() === "")
      throw createTokenError(`it has no claim ${settings.principalClaim}`);
    const agents = readAgents(payload, settings.agentsClaim);
    if (agents !== undefined) userAgents.set(user, agents, payload.iat ?? 0);
    const tokenScopes = readScopes(payload, settings.scopesClaim);
    // An administrator could create a key for every agent.
    const scopes = agents === undefined ? tokenScopes : intersectScopes(userScopes, tokenScopes);
    const expiresAt = ((payload.exp ?? 0) + clockToleranceSeconds) * 1000;
    return createUserCredential(user, scopes, getLifetime(token, expiresAt));
  };
  const verifyToken = async (token: string, attempt: Attempt): Promise<JWTPayload> => {
    try {
      const { payload } = await jwtVerify(token, keys, { ...options, currentDate: new Date(deps.clock()) });
      return payload;
    } catch (cause) {
      const reason = describeFailure(cause);
      if (reason === undefined) {
        deps.log.warn("the keys of the issuer cannot be fetched", {
          url: settings.jwksUri,
          cause: String(cause),
        });
        throw new GatewayError(
          "issuer_unavailable",
          "The keys of the token's issuer cannot be fetched now.",
          {
            retryAfterSeconds: 5,
            cause,
          },
        );
      }
      await deps.countFailure(attempt);
      throw createTokenError(reason);
    }
  };

  return {
    authenticate(attempt) {
      const secret = readBearer(readCredential(attempt));
      return secret !== undefined && tokenPattern.test(secret) ? verify(secret, attempt) : undefined;
    },
    agentsOf: (credential) => (settings.agentsClaim === undefined ? undefined : userAgents.of(credential)),
    end() {
      for (const lifetime of lifetimes.values())
        lifetime.abort(
          new GatewayError("invalid_api_key", "The rules for tokens have changed. Connect again."),
        );
      lifetimes.clear();
    },
  };
}

const createTokenError = (reason: string): GatewayError =>
  new GatewayError("invalid_api_key", `The token is not accepted: ${reason}.`);

/** Undefined: the token may be right, and the issuer does not answer. */
function describeFailure(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim ${error.claim} is not as required`;
  if (error instanceof errors.JWKSNoMatchingKey) return "its issuer has no such key";
  if (error instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not allowed";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  const isIssuers =
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    !(error instanceof errors.JOSEError) ||
    error.code === "ERR_JOSE_GENERIC";
  return isIssuers ? undefined : "it is not a valid token";
}

function readScopes(payload: JWTPayload, claim: string | undefined): readonly Scope[] {
  const value = claim === undefined ? undefined : payload[claim];
  if (value === undefined) return userScopes;
  const names = typeof value === "string" ? value.split(/[\s,]+/) : Array.isArray(value) ? value : [];
  return knownScopes.filter((scope) => names.includes(scope));
}

/** Undefined: all agents. */
function readAgents(payload: JWTPayload, claim: string | undefined): readonly string[] | undefined {
  if (claim === undefined) return undefined;
  const value = payload[claim];
  const ids: readonly unknown[] = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
  return ids.flatMap((id) => (typeof id === "string" ? [id.toLowerCase()] : []));
}
