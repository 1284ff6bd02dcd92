/** Converts a title to a key that OpenAPI accepts. */
import { scopesFor, type Permission } from "../permissions.ts";

export const slugify = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

export function describeScopes(permission: Permission): string {
  const scopes = scopesFor[permission].map((scope) => `\`${scope}\``);
  return `Needs the scope ${scopes.join(" or ")}.`;
}
