/** What an address to fetch may look like, before anybody is asked where it leads. */
import type { Refused } from "../refused.ts";

interface TargetRules {
  /** Whether this TCP port may be connected to. */
  readonly port: (port: number) => boolean;
  /** `example.com`, or `*.example.com` for every name below it; empty: every host. */
  readonly hosts: readonly string[];
}

const longest = 8_192;

/** @param base what a redirect is relative to */
export function readTarget(text: string, base: URL | undefined, rules: TargetRules): URL | Refused {
  if (text.length > longest) return { refused: `an address may have ${longest} characters` };
  const url = URL.parse(text, base?.href);
  if (url === null) return { refused: "it is not a valid address" };
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return { refused: "only http and https addresses are fetched" };
  if (base?.protocol === "https:" && url.protocol === "http:")
    return { refused: "it leads from https to http, where anybody on the way could change it" };
  if (url.username !== "" || url.password !== "")
    return { refused: "an address may not hold a user name or a password" };
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (!rules.port(port)) return { refused: `port ${port} is not fetched from; 80, 443, 8080 and 8443 are` };
  if (rules.hosts.length > 0 && !rules.hosts.some((pattern) => isMeant(pattern, url.hostname)))
    return { refused: "its host is not on the list of those that are fetched from" };
  url.hash = "";
  return url;
}

function isMeant(pattern: string, hostname: string): boolean {
  const wanted = bare(pattern);
  const host = bare(hostname);
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/** Names may end in the dot of the root. */
function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
