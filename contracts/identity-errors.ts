/** The errors of callers whom a proxy or an issuer of tokens vouches for. No other credential helps: the set-up is wrong. */
import { common, forbidden, unavailable } from "./error-kinds.ts";

export const identityErrors = {
  proxy_attribution_required: {
    ...forbidden,
    ...common,
    description: "The trusted proxy has not forwarded the address of a client.",
  },
  trusted_proxy_untrusted_source: {
    ...forbidden,
    ...common,
    description: "The request does not come from one of `gateway.trustedProxies`.",
  },
  trusted_proxy_loopback_source: {
    ...forbidden,
    ...common,
    description: "The proxy runs on this machine, and `gateway.auth.trustedProxy.allowLoopback` is not set.",
  },
  trusted_proxy_local_interface_source: {
    ...forbidden,
    ...common,
    description: "The request comes from an address of the gateway's own machine.",
  },
  trusted_proxy_local_interface_check_failed: {
    ...forbidden,
    ...common,
    description: "The gateway cannot list the addresses of its own machine.",
  },
  trusted_proxy_missing_header: {
    ...forbidden,
    ...common,
    description: "The proxy has not sent a required header; `param` names it.",
  },
  trusted_proxy_user_missing: {
    ...forbidden,
    ...common,
    description: "The proxy has not sent the header of the user; `param` names it.",
  },
  trusted_proxy_user_not_allowed: {
    ...forbidden,
    ...common,
    description: "The user is not in `gateway.auth.trustedProxy.allowUsers`.",
  },
  issuer_unavailable: {
    status: 503,
    ...unavailable,
    ...common,
    description: "The keys of the issuer of tokens cannot be fetched now.",
  },
} as const;
