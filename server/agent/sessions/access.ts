/** Whose conversations and responses somebody may see. */
import { seesAll } from "../../credential-names.ts";
import { GatewayError } from "../../errors.ts";

/** What is another credential's does not exist; to the operator everything does. */
export function maySee(viewer: string, owner: string): boolean {
  return viewer === owner || seesAll(viewer);
}

export function noSuchSession(): GatewayError {
  return new GatewayError("session_not_found", "No such session.");
}
