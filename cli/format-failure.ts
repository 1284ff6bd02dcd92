/** Formats the JSON object that a failed command prints with --json. */
import type { GatewayRequestError } from "../clients/typescript/src/index.ts";

export function formatFailure(error: unknown, context: object = {}): string {
  const { message, type, param = null, code = null } = error as Partial<GatewayRequestError>;
  // A failure of the command itself has OpenClaw's type for it.
  return JSON.stringify(
    { ok: false, error: { message, type: type ?? "cli_error", param, code }, ...context },
    null,
    2,
  );
}
