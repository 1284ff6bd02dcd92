/**
 * Session keys: `agent:<agent id>:<name>`. The names of a limited key's sessions begin with `key:<name of the key>:`, so that
 * no credential can take a name from another, or learn from a failure which names exist.
 */
import { canSeeEverything } from "../../lib/credential-names.ts";

/** Returns the full key of what a caller has sent. A key without an agent belongs to `agentId`. */
export function resolveSessionKey(key: string, agentId: string, credential: string): string {
  const match = /^agent:([^:]+):(.+)$/i.exec(key);
  const keyAgentId = match?.[1]?.toLowerCase() ?? agentId;
  return buildSessionKey(keyAgentId, match?.[2] ?? key, credential);
}

/** `name` is the key without its agent, with or without the prefix of the credential. */
export function buildSessionKey(agentId: string, name: string, credential: string): string {
  const isShort = !canSeeEverything(credential) && !isPrefixed(name);
  const fullName = isShort ? buildPrefix(credential) + toCurrentSpelling(name, credential) : name;
  return `agent:${agentId}:${fullName}`;
}

/** The name of an agent's main session. */
export const mainName = "main";

/** Returns the key of an agent's main session for callers that see everything. System events are for these sessions. */
export const buildMainKey = (agentId: string): string => `agent:${agentId}:${mainName}`;

/** Whether the session of this key can have system events. */
export const canHaveSystemEvents = (key: string): boolean => /^agent:[^:]+:main$/.test(key);

/** Returns the name of an agent's main session for a credential, in full. */
export const buildMainName = (credential: string): string =>
  canSeeEverything(credential) ? mainName : buildPrefix(credential) + mainName;

/** Returns the name of the conversation with one end user. `hash` identifies the user. */
export const buildUserName = (hash: string): string => `user:${hash}`;

/** Returns the name of the session that is a conversation of OpenAI's API. */
export const buildConversationName = (id: string): string => `conv:${id}`;

/** The conversation that a session key or its name belongs to. Undefined for any other session. */
export const findConversationId = (key: string): string | undefined =>
  /^(?:agent:[^:]+:(?:key:[^:]+:)?)?conv:(conv_\w+)$/.exec(key)?.[1];

/** Returns the name of a session of one run of a hook. `id` is unique. The runs of one name wait for each other. */
export const buildHookRunName = (name: string, id: string): string =>
  `${hookPrefix}${name.replace(/^hook:/i, "")}:run:${id}`;

/** The prefix of names that only hooks can choose. */
export const hookPrefix = "hook:";

/** Returns what the runs of a session wait for. A conversation gets its full key with its first run. */
export const getLockName = (key: string): string =>
  findConversationId(key) ?? /^(agent:[^:]+:hook:.+):run:\w+$/.exec(key)?.[1] ?? key;

/** Returns the part of a name that its caller has chosen: without the prefix of the credential. */
export function removePrefix(name: string, credential: string): string {
  const prefix = buildPrefix(credential);
  if (!canSeeEverything(credential)) return name.startsWith(prefix) ? name.slice(prefix.length) : name;
  return name.replace(anyPrefix, "");
}

/** True for names with the prefix of another credential, and for names that only look like that. */
export function isReservedForOther(name: string, credential: string): boolean {
  if (!isPrefixed(name)) return false;
  return canSeeEverything(credential)
    ? !anyPrefix.test(name) || name.replace(anyPrefix, "") === ""
    : !name.startsWith(buildPrefix(credential));
}

/** Returns the credential that a session belongs to because of its key. Undefined: the one that creates it. */
export const findOwner = (key: string): string | undefined => /^agent:[^:]+:key:([^:]+):/.exec(key)?.[1];

const anyPrefix = /^key:[^:]+:/;

const isPrefixed = (name: string): boolean => name.startsWith("key:");

const buildPrefix = (credential: string): string => `key:${credential}:`;

/** Earlier versions had the credential's name in these two kinds of names instead. */
function toCurrentSpelling(name: string, credential: string): string {
  if (name === `main:${credential}`) return mainName;
  const userPrefix = `user:${credential}:`;
  return name.startsWith(userPrefix) ? buildUserName(name.slice(userPrefix.length)) : name;
}
