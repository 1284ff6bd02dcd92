/** Audits rejected credentials: an entry for the first one of an address in each minute, and for the first one of a lockout. */
import type { Clock } from "../lib/ports.ts";
import type { AuditLog } from "./audit-log.ts";

type RecordRejection = (
  caller: { readonly address: string; readonly route: string },
  isLockedOut: boolean,
) => void;

const intervalMs = 60_000;
/** Addresses that are remembered. An attacker with more of them must not fill memory or the store. */
const maxAddresses = 1_000;

export function createRejectionAudit(audit: Pick<AuditLog, "record">, clock: Clock): RecordRejection {
  const lastAt = new Map<string, number>();
  return ({ address, route }, isLockedOut) => {
    const key = `${address} ${isLockedOut}`;
    const now = clock();
    const last = lastAt.get(key);
    if (last !== undefined ? now - last < intervalMs : lastAt.size >= maxAddresses && !prune(now)) return;
    lastAt.set(key, now);
    const action = isLockedOut ? "auth.locked" : "auth.failed";
    audit.record({ action, address, target: route, outcome: "denied" });
  };

  /** Forgets addresses whose interval is over. False: all are recent. */
  function prune(now: number): boolean {
    for (const [key, at] of lastAt) if (now - at >= intervalMs) lastAt.delete(key);
    return lastAt.size < maxAddresses;
  }
}
