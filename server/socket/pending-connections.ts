/** Limits the connections that have not called `connect` yet: per address, and in total. */
import { GatewayError } from "../lib/errors.ts";

interface PendingLimits {
  readonly maxPendingPerAddress: number;
  readonly maxPending: number;
}

export interface PendingConnections {
  /** Returns a function that removes the connection; further calls do nothing. Throws `server_overloaded` at a limit. */
  add(address: string): () => void;
}

export function createPendingConnections({
  maxPendingPerAddress,
  maxPending,
}: PendingLimits): PendingConnections {
  const byAddress = new Map<string, number>();
  let total = 0;
  return {
    add(address) {
      const count = byAddress.get(address) ?? 0;
      if (total >= maxPending || count >= maxPendingPerAddress) {
        throw new GatewayError(
          "server_overloaded",
          "Too many open sockets have not called connect yet. Try again in a moment, and call connect at once.",
          { retryAfterSeconds: 5 },
        );
      }
      total += 1;
      byAddress.set(address, count + 1);
      let isPending = true;
      return () => {
        if (!isPending) return;
        isPending = false;
        total -= 1;
        const remaining = (byAddress.get(address) ?? 1) - 1;
        if (remaining === 0) byAddress.delete(address);
        else byAddress.set(address, remaining);
      };
    },
  };
}
