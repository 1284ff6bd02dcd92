/** The one mapper from errors to the socket. */
import type { z } from "zod";
import { errorTable } from "../../contracts/errors.ts";
import type { SocketError } from "../../contracts/socket/frames.ts";
import type { Scope } from "../../contracts/socket/scopes.ts";
import type { GatewayError } from "../errors.ts";

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

/** In the words that clients of the socket look for. */
export function missingScope(method: string, scope: Scope): WireError {
  return {
    code: errorTable.missing_scope.socket,
    message: `missing scope: ${scope}. ${method} needs it: ask for it in the scopes of connect.`,
    details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
    retryable: false,
  };
}
