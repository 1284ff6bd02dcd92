/** Builds session keys: full keys, and the reserved keys of a credential's unnamed conversations. */
import { canSeeEverything } from "../../lib/credential-names.ts";

/** Returns `agent:<agent id>:<key>`. A key without an agent belongs to `agentId`. */
export function toFullKey(key: string, agentId: string): string {
  const match = /^agent:([^:]+):(.+)$/i.exec(key);
  return match === null ? `agent:${agentId}:${key}` : `agent:${match[1]?.toLowerCase()}:${match[2]}`;
}

/** Returns the key of an agent's main session for a credential, without the agent. */
export const buildMainKey = (credential: string): string =>
  canSeeEverything(credential) ? "main" : `main:${credential}`;

/** Returns the key of the conversation with one end user, without the agent. `hash` identifies the user. */
export const buildUserKey = (credential: string, hash: string): string =>
  canSeeEverything(credential) ? `user:${hash}` : `${buildUserPrefix(credential)}${hash}`;

/**
 * True if a key without its agent is reserved for another credential. Otherwise a credential could start that session
 * first and read what its unsuspecting owner says there later.
 */
export function isReservedForOther(key: string, credential: string): boolean {
  if (canSeeEverything(credential) || !/^(main(:|$)|user:)/.test(key)) return false;
  return key !== buildMainKey(credential) && !key.startsWith(buildUserPrefix(credential));
}

const buildUserPrefix = (credential: string): string => `user:${credential}:`;
