/** Formats the properties of a key for people. */
import type { SocketMethods } from "../clients/typescript/src/index.ts";

import { formatRelativeTime } from "./format-time.ts";

type Key = SocketMethods["keys.list"]["result"]["keys"][number];

interface FormattedKey {
  readonly scopes: string;
  readonly agents: string;
  readonly expires: string;
  readonly lastUsed: string;
  readonly requestsPerMinute: string;
}

export function formatKey({ scopes, agents, expiresAt, lastUsedAt, requestsPerMinute }: Key): FormattedKey {
  const isExpired = expiresAt !== null && expiresAt <= Date.now();
  return {
    scopes: scopes.join(", "),
    agents: agents?.join(", ") ?? "all",
    expires:
      expiresAt === null ? "never" : `${formatRelativeTime(expiresAt)}${isExpired ? " (expired)" : ""}`,
    lastUsed: lastUsedAt === null ? "never" : formatRelativeTime(lastUsedAt),
    requestsPerMinute: requestsPerMinute?.toString() ?? "unlimited",
  };
}
