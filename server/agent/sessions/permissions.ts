/** Which sessions and responses a credential can see. */
import { canSeeEverything } from "../../lib/credential-names.ts";
import { GatewayError } from "../../lib/errors.ts";

/** A credential sees what it owns, the operator sees everything. What is not visible is reported as not found. */
export function canView(viewer: string, owner: string): boolean {
  return viewer === owner || canSeeEverything(viewer);
}

/** For `catch`: returns undefined for `session_not_found`, and rethrows any other error. */
export function ignoreSessionNotFound(error: unknown): undefined {
  if (error instanceof GatewayError && error.code === "session_not_found") return undefined;
  throw error;
}

export function createSessionNotFoundError(): GatewayError {
  return new GatewayError("session_not_found", "No such session.");
}
