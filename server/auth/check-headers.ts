/** Checks of request headers: unknown `Host` names (DNS rebinding), other origins (CSRF) and duplicates. */
import type { IncomingMessage } from "node:http";
import { GatewayError } from "../lib/errors.ts";

export interface BrowserRules {
  /** True when the gateway listens on loopback. Then only loopback names and `allowedHosts` are accepted. */
  readonly loopback: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

const loopbackPattern = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const safeMethods: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Throws `host_not_allowed` for a `Host` that this gateway does not accept. */
export function checkHost(request: IncomingMessage, rules: BrowserRules): void {
  // No browser speaks HTTP/1.0, whose requests need no `Host`: probes of load balancers send none.
  if (request.headers.host === undefined && request.httpVersion === "1.0") return;
  const host = (request.headers.host ?? "").toLowerCase();
  if (!/^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/.test(host)) {
    throw new GatewayError("invalid_request", "The `Host` header is not a host name with an optional port.");
  }
  if (!rules.loopback) return;
  const name = host.replace(/:\d+$/, "");
  if (
    loopbackPattern.test(name) ||
    rules.allowedHosts.some((allowed) => [name, host].includes(allowed.toLowerCase()))
  )
    return;
  throw new GatewayError(
    "host_not_allowed",
    `This gateway listens on loopback and does not answer to the name "${name.slice(0, 100)}". To allow it, add it to gateway.http.allowedHosts.`,
  );
}

/** Throws `origin_not_allowed` for an unsafe request or upgrade from a page of another origin. */
export function checkOrigin(request: IncomingMessage, rules: BrowserRules, isUpgrade = false): void {
  if (!isUpgrade && safeMethods.has(request.method)) return;
  const origin = request.headers.origin;
  if (origin !== undefined && rules.allowedOrigins.includes(origin)) return;
  const host = (request.headers.host ?? "").toLowerCase();
  const isCrossOrigin = origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, "") !== host;
  if (!isCrossOrigin && request.headers["sec-fetch-site"] !== "cross-site") return;
  throw new GatewayError(
    "origin_not_allowed",
    `Pages of ${origin === undefined ? "another site" : `"${origin.slice(0, 100)}"`} may not use this gateway. To allow them, add the origin to gateway.http.cors.allowedOrigins.`,
  );
}

/** Headers that decide who the caller is. A proxy may read a different duplicate than Node does. */
const singleValueHeaders = /^(host|authorization|x-api-key|api-key|origin|x-openclaw-.*)$/;

/** Throws `invalid_request` when one of these headers was sent twice. */
export function rejectDuplicateHeaders({ rawHeaders }: IncomingMessage): void {
  const names = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? "";
    if (!singleValueHeaders.test(name)) continue;
    if (names.has(name))
      throw new GatewayError("invalid_request", `The header ${name} was sent twice.`, { param: name });
    names.add(name);
  }
}
