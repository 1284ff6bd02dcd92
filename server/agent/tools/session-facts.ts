/** A session in a few words, as the session tools tell of it. */
import type { Session } from "../sessions/catalog.ts";

export function factsOf({ key, agentId, label, entries, createdAt, updatedAt }: Session): SessionFacts {
  return {
    sessionKey: key,
    agentId,
    ...(label !== undefined && { label }),
    entries,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}

type SessionFacts = Readonly<Record<string, string | number>>;
