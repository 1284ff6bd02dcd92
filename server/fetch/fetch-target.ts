/** Parses and checks a URL to fetch before its host is resolved. */
import type { Rejected } from "../lib/validation-error.ts";

interface TargetRules {
  /** Whether connections to this TCP port are allowed. */
  readonly isAllowedPort: (port: number) => boolean;
  /** `example.com`, or `*.example.com` for all its subdomains. Empty allows every host. */
  readonly hosts: readonly string[];
}

const maxUrlLength = 8_192;

/** @param base the URL that redirected here */
export function parseTarget(text: string, base: URL | undefined, rules: TargetRules): URL | Rejected {
  if (text.length > maxUrlLength) return { rejected: `a URL can have at most ${maxUrlLength} characters` };
  const url = URL.parse(text, base?.href);
  if (url === null) return { rejected: "it is not a valid URL" };
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return { rejected: "only http and https URLs are fetched" };
  if (base?.protocol === "https:" && url.protocol === "http:")
    return { rejected: "it redirects from https to http, which is not secure" };
  if (url.username !== "" || url.password !== "")
    return { rejected: "a URL cannot contain a user name or a password" };
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  if (!rules.isAllowedPort(port))
    return { rejected: `port ${port} is not allowed; use 80, 443, 8080 or 8443` };
  if (rules.hosts.length > 0 && !rules.hosts.some((pattern) => isHostMatch(pattern, url.hostname)))
    return { rejected: "its host is not on the allowlist" };
  url.hash = "";
  return url;
}

function isHostMatch(pattern: string, hostname: string): boolean {
  const expected = normalizeHost(pattern);
  const host = normalizeHost(hostname);
  return expected.startsWith("*.") ? host.endsWith(expected.slice(1)) : host === expected;
}

/** Removes the root dot at the end of a name. */
function normalizeHost(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
