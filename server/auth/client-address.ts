/** Resolves the client address of a request: the peer's, or the one that a trusted proxy forwards. */
import type { IncomingHttpHeaders } from "node:http";
import ipaddr from "ipaddr.js";

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

export type ClientAddress = (peer: string | undefined, headers: IncomingHttpHeaders) => string;

/** `X-Forwarded-For` is read from the right, and only from `trustedProxies` (addresses or CIDR ranges). */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const ranges = trustedProxies.map(parseRange);
  const isTrusted = (address: string): boolean =>
    ipaddr.isValid(address) && ranges.some((r) => contains(r, address));

  return (peer, headers) => {
    let address = peer ?? "";
    if (ranges.length === 0) return toCanonicalAddress(address);
    const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    for (const hop of forwarded.toReversed().map((part) => part.trim())) {
      if (!isTrusted(address) || !ipaddr.isValid(hop)) break;
      address = hop;
    }
    return toCanonicalAddress(address);
  };
}

/** Normalises an address. IPv4-mapped IPv6 becomes IPv4. IPv6 becomes its /64, the usual size of one customer's network. */
function toCanonicalAddress(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? `${parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(":")}::/64`
    : parsed.toString();
}

function parseRange(range: string): Range {
  if (range.includes("/")) return ipaddr.parseCIDR(range);
  const address = ipaddr.process(range);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function contains([base, bits]: Range, address: string): boolean {
  const parsed = ipaddr.process(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}
