/** Names of credentials. Everything that a caller creates belongs to its credential's name. */

import { createHash } from "node:crypto";

/** The name of the shared secret, and of every caller when no secret is set. */
export const operator = "operator";

/** Returns the credential name of an admin key. No other key's name can contain the colon. */
export const toOperatorKeyName = (name: string): string => `${operator}:${name}`;

/** Longest name of a key, and so of a user: it is a part of session keys. */
const maxLength = 64;

/**
 * Returns the credential name of a user whom a proxy or an issuer vouches for. No key's name begins with `@`. A name with
 * other characters is encoded as in a URL, and the end of a long one is its hash.
 */
export function toUserName(user: string): string {
  // A tilde is never a part of a name that is not shortened, so that no user can take the name of another.
  const encode = (text: string): string => (text === "~" ? "%7E" : encodeURIComponent(text));
  const name = `@${user.toWellFormed().replaceAll(/[^\w.@+-]/gu, encode)}`;
  if (name.length <= maxLength) return name;
  const digest = createHash("sha256").update(user).digest("base64url");
  return `${name.slice(0, maxLength - digest.length - 1)}~${digest}`;
}

/** Whether it is the name of a user, and not of a key. */
export const isUserName = (name: string): boolean => name.startsWith("@");

/** Whether the credential of this name may see everything. */
export function canSeeEverything(name: string): boolean {
  return name === operator || name.startsWith(toOperatorKeyName(""));
}
