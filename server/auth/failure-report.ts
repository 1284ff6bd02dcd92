/** Logs failed authentications: at most one line per address and minute, with what has failed since the last one. */
import type { Log } from "../lib/ports.ts";

/** Where a credential came from. */
export interface Caller {
  /** The peer's address, or the one that a trusted proxy forwards. */
  readonly address: string;
  /** The method and path template, such as `POST /v1/responses`. */
  readonly route: string;
  /** Why a caller is rejected that has sent no wrong secret. */
  readonly reason?: string;
  /** Whether it is a program of this machine, and neither a web page nor a proxy. */
  readonly isLocal?: boolean;
}

interface FailureReport {
  add(caller: Caller, isLockedOut: boolean): void;
}

interface Pending {
  count: number;
  route: string;
  reason: string | undefined;
  isLockedOut: boolean;
}

/** Failures that arrive together are in the first line together. */
const firstLineMs = 1_000;
const intervalMs = 60_000;
/** Beyond this number of addresses, failures are counted in one line for all others. */
const maxAddresses = 1_000;
const otherAddresses = "others";

export function createFailureReport(log: Log): FailureReport {
  const byAddress = new Map<string, Pending>();

  const write = (address: string, pending: Pending): void => {
    if (pending.count === 0) return void byAddress.delete(address);
    const { count, route, reason, isLockedOut } = pending;
    log.warn("credentials rejected", { address, count, route, reason, lockedOut: isLockedOut });
    pending.count = 0;
    schedule(address, pending, intervalMs);
  };
  const schedule = (address: string, pending: Pending, ms: number): void =>
    void setTimeout(() => write(address, pending), ms).unref();

  return {
    add({ address, route, reason }, isLockedOut) {
      const key = byAddress.has(address) || byAddress.size < maxAddresses ? address : otherAddresses;
      let pending = byAddress.get(key);
      if (pending === undefined) {
        pending = { count: 0, route, reason, isLockedOut };
        byAddress.set(key, pending);
        schedule(key, pending, firstLineMs);
      }
      pending.count += 1;
      pending.route = route;
      pending.reason = reason;
      pending.isLockedOut = isLockedOut;
    },
  };
}
