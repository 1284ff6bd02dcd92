/** What follows from the settings of Tailscale, and the machine's address there. */
import { networkInterfaces } from "node:os";
import type { Config } from "../../contracts/config/config.ts";
import ipaddr from "ipaddr.js";
import type { Report } from "./tree.ts";

/** The addresses that Tailscale gives to machines: https://tailscale.com/kb/1015/100.x-addresses */
const tailnet = ipaddr.parseCIDR("100.64.0.0/10");

/** Returns the machine's IPv4 address in its tailnet. */
export function findTailnetAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .find(({ address, family }) => family === "IPv4" && ipaddr.parse(address).match(tailnet))?.address;
}

/** Says how Tailscale forwards to the gateway, which does not run it. */
export function explainTailscale({ gateway }: Config, warn: Report): void {
  const { mode } = gateway.tailscale;
  if (mode === "off") return;
  warn(
    ["gateway", "tailscale", "mode"],
    `run \`tailscale ${mode} --bg ${gateway.port}\`, which the gateway does not do itself; its name (machine.tailnet.ts.net) must be in gateway.http.allowedHosts, and 127.0.0.1 in gateway.trustedProxies`,
  );
}
