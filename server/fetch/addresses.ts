/** Decides which IP addresses are public: globally routable unicast that does not belong to this machine. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";

/** IPv6 global unicast. Everything outside is local, reserved, or embeds IPv4 (RFC 4291, section 2.4). */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** Prefix that DNS64 resolvers of IPv6-only networks use for IPv4 addresses (RFC 6052). */
const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
/** IPv4 inside IPv6, such as `::8.8.8.8`. Only `::ffff:` maps to that IPv4 address. */
const ipv4Suffix = /:.*\./;
const ipv4MappedPrefix = /^::ffff:\d/i;

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  if (ipv4Suffix.test(address) && !ipv4MappedPrefix.test(address)) return false;
  const parsed = extractEmbeddedIPv4(ipaddr.process(address));
  if (parsed.range() !== "unicast") return false;
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(globalUnicast)) return false;
  // A public address of this machine reaches services that a firewall may hide from the internet.
  return !listOwnAddresses().includes(parsed.toNormalizedString());
}

/** Returns the IPv4 address that a NAT64 gateway connects to. */
function extractEmbeddedIPv4(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4 || !address.match(nat64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function listOwnAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => ipaddr.process(address).toNormalizedString());
}
