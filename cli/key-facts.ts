/** What there is to say of a key, in words. */
import type { SocketMethods } from "../clients/typescript/src/index.ts";

type Key = SocketMethods["keys.list"]["result"]["keys"][number];

interface KeyFacts {
  readonly scopes: string;
  readonly agents: string;
  readonly expires: string;
  readonly used: string;
  readonly rate: string;
}

export function keyFacts({ scopes, agents, expiresAt, lastUsedAt, requestsPerMinute }: Key): KeyFacts {
  const time = (ms: number): string => new Date(ms).toLocaleString();
  const expired = expiresAt !== null && expiresAt <= Date.now();
  return {
    scopes: scopes.join(", "),
    agents: agents?.join(", ") ?? "all",
    expires: expiresAt === null ? "never" : `${time(expiresAt)}${expired ? " (expired)" : ""}`,
    used: lastUsedAt === null ? "never" : time(lastUsedAt),
    rate: requestsPerMinute?.toString() ?? "any number",
  };
}
