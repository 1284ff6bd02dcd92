/** The address a request counts for: the peer's, or the one that a trusted proxy says it speaks for. */
import type { IncomingHttpHeaders } from "node:http";
import ipaddr from "ipaddr.js";

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

export type ClientAddress = (peer: string | undefined, headers: IncomingHttpHeaders) => string;

/** `X-Forwarded-For` counts only from `trustedProxies` (addresses or CIDR ranges), read from its right end. */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const ranges = trustedProxies.map(parseRange);
  const trusted = (address: string): boolean =>
    ipaddr.isValid(address) && ranges.some((r) => contains(r, address));

  return (peer, headers) => {
    let address = peer ?? "";
    if (ranges.length === 0) return canonical(address);
    const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    for (const hop of forwarded.toReversed().map((part) => part.trim())) {
      if (!trusted(address) || !ipaddr.isValid(hop)) break;
      address = hop;
    }
    return canonical(address);
  };
}

/** One spelling an address: IPv4 in IPv6 becomes IPv4; of IPv6 the /64, which is what one customer has. */
function canonical(address: string): string {
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
