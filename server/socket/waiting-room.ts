/** Who is connected but has not said who it is: few of one address, not many of all. */
import { GatewayError } from "../errors.ts";

interface RoomLimits {
  readonly maxWaitingPerAddress: number;
  readonly maxWaiting: number;
}

export interface WaitingRoom {
  /** Returns the way out, which may be called more than once. Throws when there is no room. */
  enter(address: string): () => void;
}

export function createWaitingRoom({ maxWaitingPerAddress, maxWaiting }: RoomLimits): WaitingRoom {
  const byAddress = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const here = byAddress.get(address) ?? 0;
      if (all >= maxWaiting || here >= maxWaitingPerAddress) {
        throw new GatewayError(
          "server_overloaded",
          "Too many sockets are open that have not connected yet. Send connect at once, and try again in a moment.",
          { retryAfterSeconds: 5 },
        );
      }
      all += 1;
      byAddress.set(address, here + 1);
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        all -= 1;
        const left = (byAddress.get(address) ?? 1) - 1;
        if (left === 0) byAddress.delete(address);
        else byAddress.set(address, left);
      };
    },
  };
}
