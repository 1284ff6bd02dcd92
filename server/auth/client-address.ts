/** Resolves the client address of a request: the peer's, or the one that a trusted proxy forwards. */
import type { IncomingHttpHeaders } from "node:http";
import ipaddr from "ipaddr.js";

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

export type ClientAddress = (peer: string | undefined, headers: IncomingHttpHeaders) => string;

export interface ProxySettings {
  /** Addresses or CIDR ranges. */
  readonly trustedProxies: readonly string[];
  /** Whether `X-Real-IP` counts where there is no `X-Forwarded-For`. */
  readonly allowRealIpFallback: boolean;
}

export interface TrustedProxies {
  has(address: string): boolean;
  /** Returns the first address from the right of the chain that is no trusted proxy. Undefined if none is forwarded. */
  findClient(peer: string, headers: IncomingHttpHeaders): string | undefined;
}

export function createTrustedProxies({ trustedProxies, allowRealIpFallback }: ProxySettings): TrustedProxies {
  const ranges = trustedProxies.map(parseRange);
  const has = (address: string): boolean =>
    ipaddr.isValid(address) && ranges.some((range) => contains(range, address));
  return {
    has,
    findClient(peer, headers) {
      if (ranges.length === 0 || !has(peer)) return undefined;
      let address: string | undefined;
      for (const hop of readHops(headers, allowRealIpFallback)) {
        if (!has(address ?? peer) || !ipaddr.isValid(hop)) break;
        address = hop;
      }
      return address;
    },
  };
}

/** Returns the forwarded addresses, the nearest first. */
function readHops(headers: IncomingHttpHeaders, allowRealIpFallback: boolean): readonly string[] {
  const forwarded = headers["x-forwarded-for"];
  const realIp = headers["x-real-ip"];
  if (forwarded === undefined && allowRealIpFallback && typeof realIp === "string") return [realIp.trim()];
  const hops = [forwarded ?? []].flat().join(",").split(",");
  return hops.map((hop) => hop.trim()).toReversed();
}

/** Addresses whose normal form is remembered. Then it starts anew: one that comes again costs little. */
const maxKnownAddresses = 1_024;

export function createClientAddress(proxies: TrustedProxies): ClientAddress {
  const known = new Map<string, string>();
  return (peer = "", headers) => {
    const address = proxies.findClient(peer, headers) ?? peer;
    let canonical = known.get(address);
    if (canonical === undefined) {
      canonical = toCanonicalAddress(address);
      if (known.size >= maxKnownAddresses) known.clear();
      known.set(address, canonical);
    }
    return canonical;
  };
}

/** Whether the address is of the machine itself: 127.0.0.0/8 or ::1. */
export function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Whether a program of this machine sends the request itself. Headers of a proxy say that it does not. */
export function isDirectLocal(peer: string | undefined, headers: IncomingHttpHeaders): boolean {
  const isForwarded = Object.keys(headers).some((name) =>
    /^(forwarded|x-real-ip|x-forwarded-.*)$/.test(name),
  );
  return isLoopbackAddress(peer ?? "") && !isForwarded;
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

/** `::ffff:10.0.0.0/104` is `10.0.0.0/8`. */
function parseRange(range: string): Range {
  if (!range.includes("/")) {
    const address = ipaddr.process(range);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  }
  const [base, bits] = ipaddr.parseCIDR(range);
  const isMapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? [base.toIPv4Address(), bits - 96] : [base, bits];
}

function contains([base, bits]: Range, address: string): boolean {
  const parsed = ipaddr.process(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}
