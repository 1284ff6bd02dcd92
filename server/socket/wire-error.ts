/** The one mapper from errors to the socket. */
import type { z } from "zod";
import { errorTable } from "../../contracts/errors.ts";
import type { SocketError } from "../../contracts/socket/frames.ts";
import { scopesFor, type Right } from "../../contracts/rights.ts";
import type { GatewayError } from "../errors.ts";
import { missingScope } from "../gate/require-right.ts";

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
export function scopeMissing(right: Right): WireError {
  const [scope] = scopesFor[right];
  return {
    code: errorTable.missing_scope.socket,
    message: `${missingScope(right)} A connection has those scopes that its credential has and that it asks for in connect.`,
    details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
    retryable: false,
  };
}
