/** Which scopes an operation needs, as a sentence of the published documents. */
import { scopesFor, type Right } from "../rights.ts";

export function neededScopes(right: Right): string {
  const scopes = scopesFor[right].map((scope) => `\`${scope}\``);
  return `Needs the scope ${scopes.join(" or ")}.`;
}
