/** Text helpers of the published documents. */
import { scopesFor, type Permission } from "../permissions.ts";

/** Converts a title to a key that OpenAPI accepts. */
export const slugify = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** `model_not_found` → `ModelNotFound` */
export const toPascalCase = (text: string): string =>
  text.replace(/(?:^|[^a-z]+)([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** Describes the scopes of an operation in one sentence. */
export function describeScopes(permission: Permission): string {
  const scopes = scopesFor[permission].map((scope) => `\`${scope}\``);
  return `Needs the scope ${scopes.join(" or ")}.`;
}
