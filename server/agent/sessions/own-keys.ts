/** Conversations that every credential has without naming them, and the keys that are kept for them. */
import { seesAll } from "../../credential-names.ts";

/** Of an agent's main session, to the credential of this name. */
export const mainKeyOf = (credential: string): string =>
  seesAll(credential) ? "main" : `main:${credential}`;

/** Of the conversation with the user that this hash stands for. */
export const userKeyOf = (credential: string, hash: string): string =>
  seesAll(credential) ? `user:${hash}` : `${ownUsers(credential)}${hash}`;

/**
 * Whether a key, without its agent, is kept for another credential: whoever began that conversation first would read
 * what the other one says there without knowing.
 */
export function isAnothers(key: string, credential: string): boolean {
  if (seesAll(credential) || !/^(main(:|$)|user:)/.test(key)) return false;
  return key !== mainKeyOf(credential) && !key.startsWith(ownUsers(credential));
}

const ownUsers = (credential: string): string => `user:${credential}:`;
