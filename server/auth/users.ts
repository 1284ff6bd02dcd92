/** Users whom somebody else vouches for: a proxy, or an issuer of tokens. */
import type { IncomingHttpHeaders } from "node:http";
import { hasPermission, intersectScopes, type Scope } from "../../contracts/permissions.ts";
import { toOperatorKeyName, toUserName } from "../lib/credential-names.ts";
import type { Attempt } from "./attempt.ts";
import type { Credential } from "./credential.ts";

/** Recognises users, by the rules of one configuration. */
export interface UserCheck {
  /** Undefined: the request names no user, and a secret decides. Throws or rejects for a user who is not let in. */
  readonly authenticate: (attempt: Attempt) => Credential | Promise<Credential> | undefined;
  /** Returns the ids of the agents that a user may use, by the name of the credential; undefined for all. */
  readonly agentsOf: (credential: string) => readonly string[] | undefined;
  /** Closes the connections of its users: other rules apply from now on. */
  readonly end: () => void;
}

/** What every user may do. */
export const userScopes: readonly Scope[] = ["operator.read", "operator.write"];

const scopesHeader = "x-openclaw-scopes";

/** A proxy may narrow the scopes of a request. It never widens them, and without the header they stay. */
export function narrowScopes(scopes: readonly Scope[], headers: IncomingHttpHeaders): readonly Scope[] {
  const header = headers[scopesHeader];
  if (typeof header !== "string") return scopes;
  return intersectScopes(
    header.split(",").map((scope) => scope.trim()),
    scopes,
  );
}

export function createUserCredential(
  user: string,
  scopes: readonly Scope[],
  replaced: AbortSignal,
): Credential {
  const name = toUserName(user);
  return {
    name: hasPermission(scopes, "admin") ? toOperatorKeyName(name) : name,
    scopes,
    revoked: never,
    replaced,
    countRequest: () => {},
  };
}

const never = new AbortController().signal;
