/** Takes the user from a proxy that has signed them in. */
import type { IncomingMessage } from "node:http";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import type { Config } from "../../contracts/config/config.ts";
import type { Scope } from "../../contracts/permissions.ts";
import type { ErrorCode } from "../../contracts/errors.ts";
import { GatewayError, toGatewayError } from "../lib/errors.ts";
import {
  isDirectLocal,
  isLoopbackAddress,
  type ClientAddress,
  type TrustedProxies,
} from "./client-address.ts";
import type { Caller } from "./failure-report.ts";
import { createUserCredential, narrowScopes, userScopes, type UserCheck } from "./users.ts";

interface TrustedProxyDeps {
  readonly proxies: TrustedProxies;
  readonly clientAddress: ClientAddress;
  /** Reports a request that is rejected, and why. */
  readonly report: (caller: Caller) => void;
  /** Returns the addresses of this machine. Default: those of its network interfaces. */
  readonly listOwnAddresses?: () => readonly string[];
}

type Settings = Pick<Config["gateway"]["auth"], "identityScopes"> & {
  readonly trustedProxy: NonNullable<Config["gateway"]["auth"]["trustedProxy"]>;
};

/** A program of this machine that comes without a proxy sends a secret instead. */
export function createTrustedProxyCheck(
  { trustedProxy, identityScopes }: Settings,
  { proxies, clientAddress, report, listOwnAddresses = listInterfaceAddresses }: TrustedProxyDeps,
): UserCheck {
  const scopesByUser = new Map(
    Object.entries(identityScopes).map(([user, scopes]) => [toScopesKey(user), scopes]),
  );
  const replacement = new AbortController();

  const findUser = ({ headers, rawHeaders, socket }: IncomingMessage): string => {
    const { remoteAddress: peer = "" } = socket;
    if (!proxies.has(peer))
      throw reject("trusted_proxy_untrusted_source", "the request does not come from a trusted proxy");
    const client = proxies.findClient(peer, headers);
    if (client === undefined || isLoopbackAddress(client)) {
      throw reject(
        "proxy_attribution_required",
        "the proxy has not forwarded the address of a client; it must set X-Forwarded-For",
      );
    }
    if (isLoopbackAddress(peer)) {
      if (!trustedProxy.allowLoopback)
        throw reject("trusted_proxy_loopback_source", "the proxy runs on the gateway's own machine");
    } else if (isOwnAddress(peer, listOwnAddresses)) {
      throw reject(
        "trusted_proxy_local_interface_source",
        "the request comes from the gateway's own machine",
      );
    }
    for (const name of trustedProxy.requiredHeaders) {
      if (readHeader(headers[name]) === "")
        throw reject("trusted_proxy_missing_header", `the header ${name} is missing`, name);
    }
    const { userHeader } = trustedProxy;
    // A proxy that adds its header beside that of the caller lets the caller choose a name.
    if (rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === userHeader).length > 1)
      throw reject("trusted_proxy_user_missing", `the header ${userHeader} was sent twice`, userHeader);
    const user = readHeader(headers[userHeader]);
    if (user === "")
      throw reject("trusted_proxy_user_missing", `the header ${userHeader} is missing`, userHeader);
    if (trustedProxy.allowUsers.length > 0 && !trustedProxy.allowUsers.includes(user))
      throw reject("trusted_proxy_user_not_allowed", "the user is not on the list");
    return user;
  };

  return {
    authenticate({ request, route }) {
      const { headers, socket } = request;
      if (isDirectLocal(socket.remoteAddress, headers)) return undefined;
      try {
        const user = findUser(request);
        const scopes: readonly Scope[] = [...userScopes, ...(scopesByUser.get(toScopesKey(user)) ?? [])];
        return createUserCredential(user, narrowScopes(scopes, headers), replacement.signal);
      } catch (error) {
        const { code } = toGatewayError(error);
        report({ address: clientAddress(socket.remoteAddress, headers), route, reason: code });
        throw error;
      }
    },
    agentsOf: () => undefined,
    end: () =>
      replacement.abort(
        new GatewayError("invalid_api_key", "The rules for users have changed. Connect again."),
      ),
  };
}

/** The message never has the value of a header: others of the network may have chosen it. */
function reject(code: ErrorCode, reason: string, param?: string): GatewayError {
  return new GatewayError(code, `This gateway is used through a proxy that signs users in: ${reason}.`, {
    ...(param !== undefined && { param }),
  });
}

/** E-mail addresses are the same in any case. */
const toScopesKey = (user: string): string => (user.includes("@") ? user.toLowerCase() : user);

/** Header values are bytes, which Node decodes as Latin-1. Proxies send names in UTF-8. */
function readHeader(value: string | readonly string[] | undefined): string {
  if (typeof value !== "string") return "";
  const bytes = Buffer.from(value.trim(), "latin1");
  const text = bytes.toString("utf8");
  return text.includes("\uFFFD") ? value.trim() : text;
}

/** Throws `trusted_proxy_local_interface_check_failed` when the system does not tell the addresses. */
function isOwnAddress(peer: string, listOwnAddresses: () => readonly string[]): boolean {
  const toText = (address: string): string => ipaddr.process(address).toString();
  try {
    return listOwnAddresses().some((address) => toText(address) === toText(peer));
  } catch {
    throw reject(
      "trusted_proxy_local_interface_check_failed",
      "the gateway cannot list the addresses of its own machine",
    );
  }
}

function listInterfaceAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    // A link-local address may name its interface: fe80::1%eth0.
    addresses.map(({ address }) => address.replace(/%.*$/, "")),
  );
}
