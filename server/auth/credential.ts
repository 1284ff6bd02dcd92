/** What a caller is after its authentication, and the check of its permissions. */
import { hasPermission, scopesFor, type Permission, type Scope } from "../../contracts/permissions.ts";
import type { Endpoint } from "../../contracts/endpoint.ts";
import { GatewayError, type RequestLimit } from "../lib/errors.ts";

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
  /**
   * Counts one request on a connection that sends many. Throws `too_many_requests`. A promise when a shared store is queried; it rejects
   * with `storage_unavailable` too.
   */
  countRequest(): void | Promise<void>;
  /** Absent without a limit. */
  readonly readRequestLimit?: (() => RequestLimit) | undefined;
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
