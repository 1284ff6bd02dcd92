/** Whose conversations and responses somebody may see. */
import { GatewayError } from "../../errors.ts";

/** Name of the credential that owns the gateway: the shared secret. */
export const operator = "operator";

/** What is another credential's does not exist; to the operator everything does. */
export function maySee(viewer: string, owner: string): boolean {
  return viewer === operator || viewer === owner;
}

export function noSuchSession(): GatewayError {
  return new GatewayError("session_not_found", "No such session.");
}
