/** Which faults of a model are worth trying the next one for. */
import type { ErrorCode } from "../../contracts/errors.ts";
import type { GatewayError } from "../errors.ts";

const worthAnother: ReadonlySet<ErrorCode> = new Set([
  "upstream_auth",
  "rate_limit_exceeded",
  "upstream_timeout",
  "upstream_unreachable",
  "upstream_error",
  "upstream_protocol",
]);

/** Not for a request that every model would refuse. */
export function mayFallBack(error: GatewayError): boolean {
  return worthAnother.has(error.code);
}
