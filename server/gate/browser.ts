/** What a browser must not be talked into: a foreign name for this gateway, a request from a foreign page. */
import type { IncomingMessage } from "node:http";
import { GatewayError } from "../errors.ts";

export interface BrowserRules {
  /** True on a loopback bind: then only loopback names and `allowedHosts` are answered to (DNS rebinding). */
  readonly loopback: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

const loopbackName = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Throws `host_not_allowed` for a `Host` this gateway does not answer to. */
export function checkHost(request: IncomingMessage, rules: BrowserRules): void {
  const host = (request.headers.host ?? "").toLowerCase();
  if (!/^([\w.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/.test(host)) {
    throw new GatewayError("invalid_request", "The `Host` header is not a host name with an optional port.");
  }
  if (!rules.loopback) return;
  const name = host.replace(/:\d+$/, "");
  if (
    loopbackName.test(name) ||
    rules.allowedHosts.some((allowed) => [name, host].includes(allowed.toLowerCase()))
  )
    return;
  throw new GatewayError(
    "host_not_allowed",
    `This gateway listens on loopback and does not answer to the name "${name.slice(0, 100)}". To allow it, add it to gateway.http.allowedHosts.`,
  );
}

/** Throws `origin_not_allowed` for a request that a page of another origin sent and that could change something. */
export function checkOrigin(request: IncomingMessage, rules: BrowserRules, upgrade = false): void {
  if (!upgrade && safeMethods.has(request.method ?? "")) return;
  const origin = request.headers.origin;
  if (origin !== undefined && rules.allowedOrigins.includes(origin)) return;
  const host = (request.headers.host ?? "").toLowerCase();
  const foreign = origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, "") !== host;
  if (!foreign && request.headers["sec-fetch-site"] !== "cross-site") return;
  throw new GatewayError(
    "origin_not_allowed",
    `Pages of ${origin === undefined ? "another site" : `"${origin.slice(0, 100)}"`} may not use this gateway. To allow them, add the origin to gateway.http.cors.allowedOrigins.`,
  );
}
