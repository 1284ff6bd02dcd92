/** Names of credentials. Everything that a caller creates belongs to its credential's name. */

/** The name of the shared secret, and of every caller when no secret is set. */
export const operator = "operator";

/** Returns the credential name of an admin key. No other key's name can contain the colon. */
export const toOperatorKeyName = (name: string): string => `${operator}:${name}`;

/** Whether the credential of this name may see everything. */
export function canSeeEverything(name: string): boolean {
  return name === operator || name.startsWith(toOperatorKeyName(""));
}
