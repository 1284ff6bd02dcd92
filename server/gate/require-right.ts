/** Whether a credential may do something; what is said when it may not, in the words that clients look for. */
import type { Endpoint } from "../../contracts/endpoint.ts";
import { allows, scopesFor, type Right } from "../../contracts/rights.ts";
import { GatewayError } from "../errors.ts";
import type { Credential } from "./credentials.ts";

/** Throws `missing_scope`. */
export function requireRight({ scopes }: Pick<Credential, "scopes">, right: Endpoint["auth"]): void {
  if (right === "public" || allows(scopes, right)) return;
  throw new GatewayError("missing_scope", missingScope(right));
}

export function missingScope(right: Right): string {
  const [scope] = scopesFor[right];
  return `missing scope: ${scope}. This credential would need ${scopesFor[right].join(" or ")} for that.`;
}
