/** The agents that users may use, where their tokens name them. */
import { toUserName } from "../lib/credential-names.ts";
import { deleteOldest } from "../lib/delete-oldest.ts";
import { GatewayError } from "../lib/errors.ts";

export interface UserAgents {
  /** Returns the ids for the name of a credential: none for a user who has sent no token. */
  of(credential: string): readonly string[];
  /** Throws `invalid_api_key` when a newer token of the user names other agents: rights that were taken stay taken. */
  set(user: string, agents: readonly string[], issuedAt: number): void;
}

/** Beyond this number those are forgotten who came first; their next request names their agents again. */
const maxUsers = 10_000;

export function createUserAgents(): UserAgents {
  const byName = new Map<string, { readonly agents: readonly string[]; readonly issuedAt: number }>();
  return {
    of: (credential) => byName.get(credential)?.agents ?? [],
    set(user, agents, issuedAt) {
      const name = toUserName(user);
      const known = byName.get(name);
      if (known !== undefined && known.issuedAt > issuedAt && known.agents.join() !== agents.join()) {
        const message = "A newer token of this user names other agents; use that one.";
        throw new GatewayError("invalid_api_key", message);
      }
      byName.delete(name);
      byName.set(name, { agents, issuedAt: Math.max(issuedAt, known?.issuedAt ?? 0) });
      if (byName.size > maxUsers) deleteOldest(byName);
    },
  };
}
