/** Recognises the gateway's own secrets by their digests: the shared one and those of named keys. */
import { hash, timingSafeEqual } from "node:crypto";
import type { Scope } from "../../contracts/permissions.ts";
import { operator } from "../lib/credential-names.ts";
import { deleteOldest } from "../lib/delete-oldest.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Credential } from "./credential.ts";

/** Returns the credential of the named key whose secret has this SHA-256 digest. */
export type FindKey = (digest: Buffer) => Credential | undefined;

export interface SecretCheck {
  /** Returns the credential of a secret. `isOperator`: it is the shared one. */
  find(candidate: string): { readonly credential: Credential; readonly isOperator: boolean } | undefined;
  /** From now on only this shared secret is the operator's. Does nothing when it is the same. */
  replaceSecret(secret: string): void;
}

/** The credential of callers that send the shared secret. */
interface Operator {
  readonly digest: Buffer;
  readonly credential: Credential;
  /** Ends the connections of this secret. */
  end(): void;
}

function createOperator(secret: string): Operator {
  const replacement = new AbortController();
  return {
    digest: hashSecret(secret),
    credential: {
      ...createOperatorCredential(["operator.admin", "operator.config"]),
      replaced: replacement.signal,
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

export function createOperatorCredential(scopes: readonly Scope[]): Credential {
  return { name: operator, scopes, revoked: new AbortController().signal, countRequest: () => {} };
}

const maxKnownDigests = 100;

export function createSecretCheck(secret: string, findKey: FindKey): SecretCheck {
  let owner = createOperator(secret);
  /** The digests of secrets that were valid: a client sends the same one with every request. */
  const knownDigests = new Map<string, Buffer>();

  const findByDigest = (digest: Buffer): ReturnType<SecretCheck["find"]> => {
    if (timingSafeEqual(digest, owner.digest)) return { credential: owner.credential, isOperator: true };
    const credential = findKey(digest);
    return credential && { credential, isOperator: false };
  };

  return {
    find(candidate) {
      const knownDigest = knownDigests.get(candidate);
      if (knownDigest !== undefined) return findByDigest(knownDigest);
      // Header values are bytes. Clients send non-ASCII secrets as Latin-1, which is how Node decodes them, or as UTF-8.
      for (const encoding of ["utf8", "latin1"] as const) {
        const digest = hashSecret(Buffer.from(candidate, encoding));
        const found = findByDigest(digest);
        if (found === undefined) continue;
        if (knownDigests.size >= maxKnownDigests) deleteOldest(knownDigests);
        knownDigests.set(candidate, digest);
        return found;
      }
      return undefined;
    },
    replaceSecret(next) {
      if (owner.digest.equals(hashSecret(next))) return;
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
