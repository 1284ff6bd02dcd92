/** Which addresses are public: globally routable unicast, and not this machine's. Everything else is somebody's inside. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";

/** IPv6 that is given out to networks; what lies outside is local, reserved, or IPv4 in disguise. */
const givenOut = ipaddr.IPv6.parseCIDR("2000::/3");
/** What resolvers of IPv6-only networks make of IPv4 addresses. */
const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
/** IPv4 inside IPv6 as systems write it, `::8.8.8.8`: only `::ffff:` means that IPv4 address. */
const dotted = /:.*\./;
const mapped = /^::ffff:\d/i;

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  if (dotted.test(address) && !mapped.test(address)) return false;
  const parsed = embedded(ipaddr.process(address));
  if (parsed.range() !== "unicast") return false;
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(givenOut)) return false;
  // A public address of this machine leads to services that a firewall may keep from everybody else.
  return !ownAddresses().includes(parsed.toNormalizedString());
}

/** The IPv4 address that a NAT64 gateway would connect to. */
function embedded(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4 || !address.match(nat64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => ipaddr.process(address).toNormalizedString());
}
