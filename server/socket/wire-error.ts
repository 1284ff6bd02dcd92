/** Converts errors to the error object of the gateway protocol. */
import type { z } from "zod";
import { errorTable } from "../../contracts/errors.ts";
import type { SocketError } from "../../contracts/socket/frames.ts";
import { scopesFor, type Permission } from "../../contracts/permissions.ts";
import type { GatewayError } from "../lib/errors.ts";
import { describeMissingScope } from "../auth/credential.ts";

export type WireError = z.input<typeof SocketError>;

export function toWireError(error: GatewayError): WireError {
  const { code, message, param, retry, retryAfterSeconds } = error;
  return {
    code: errorTable[code].socket,
    message,
    details: { code, ...(param !== null && { param }) },
    retryable: retry,
    ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1000 }),
  };
}

/** `details` has the fields that clients of the protocol read: `missingScope` and `requiredScopes`. */
export function toMissingScopeError(permission: Permission): WireError {
  const [scope] = scopesFor[permission];
  return {
    code: errorTable.missing_scope.socket,
    message: `${describeMissingScope(permission)} A connection has the scopes that its credential has and that its connect call requested.`,
    details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
    retryable: false,
  };
}
