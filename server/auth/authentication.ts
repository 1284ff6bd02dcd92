/** Composes the authentication of one gateway, and replaces its rules while the gateway runs. */
import type { AuthMode } from "../../contracts/config/auth.ts";
import type { Config } from "../../contracts/config/config.ts";
import { isSameConfig } from "../lib/compare-config.ts";
import { createLive, type Live } from "../lib/live.ts";
import type { Clock, Log } from "../lib/ports.ts";
import type { RateStore } from "../lib/rate-store.ts";
import type { Attempt } from "./attempt.ts";
import { createAuthenticator, type Authenticate } from "./authenticate.ts";
import {
  createClientAddress,
  createTrustedProxies,
  isDirectLocal,
  type ClientAddress,
} from "./client-address.ts";
import { createFailureLimiter, type CountFailure, type FailureLimiter } from "./failure-limiter.ts";
import { createFailureReport, type Caller } from "./failure-report.ts";
import { createJwtCheck } from "./jwt.ts";
import { createHookAuthenticator, hookRateLimit } from "./hook-token.ts";
import type { FindKey } from "./secret-check.ts";
import { createSharedFailureLimiter } from "./shared-failure-limiter.ts";
import { createTrustedProxyCheck } from "./trusted-proxy.ts";
import type { UserCheck } from "./users.ts";

interface AuthenticationDeps {
  /** It stays until a restart. */
  readonly mode: AuthMode;
  /** The shared secret. Without one every caller is the operator. */
  readonly secret: string | undefined;
  readonly config: Config;
  readonly findKey: FindKey;
  readonly rateLimit: Live<Config["gateway"]["auth"]["rateLimit"]>;
  /** Counts failed credentials of all nodes. Absent: those of this process are counted in memory. */
  readonly rates: RateStore | undefined;
  readonly onRejected: (caller: Caller, isLockedOut: boolean) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Authentication {
  readonly authenticate: Authenticate;
  /** Wrong tokens are counted apart from the failures of `authenticate`, and for all configurations together. */
  createHookAuthenticator(config: Config): Authenticate;
  readonly clientAddress: ClientAddress;
  /** Returns the ids of the agents that a user may use, by the name of the credential; undefined for all. */
  agentsOf(credential: string): readonly string[] | undefined;
  replaceSecret(secret: string): void;
  /** Closes the connections of users if the rules for them are other ones. */
  reload(config: Config): void;
}

export function createAuthentication(deps: AuthenticationDeps): Authentication {
  const { mode, clock, log } = deps;
  const failureReport = createFailureReport(log);
  const report = (caller: Caller, isLockedOut = false): void => {
    failureReport.add(caller, isLockedOut);
    deps.onRejected(caller, isLockedOut);
  };
  const createLimiter = (limits: AuthenticationDeps["rateLimit"], prefix: string): FailureLimiter =>
    deps.rates === undefined
      ? createFailureLimiter(limits, clock, report)
      : createSharedFailureLimiter(limits, { store: deps.rates, prefix, clock, report });
  const failures = createLimiter(deps.rateLimit, "");
  const hookFailures = createLimiter(createLive(hookRateLimit), "hooks ");
  const proxies = createLive(createTrustedProxies(deps.config.gateway));
  const resolveAddress = createLive(createClientAddress(proxies.current));
  const clientAddress: ClientAddress = (...args) => resolveAddress.current(...args);
  const toCaller = ({ request: { headers, socket }, route }: Attempt): Caller => ({
    address: clientAddress(socket.remoteAddress, headers),
    route,
    isLocal: headers.origin === undefined && isDirectLocal(socket.remoteAddress, headers),
  });
  const countFailure: CountFailure = (attempt) => failures.countFailure(toCaller(attempt));

  const createUserCheck = ({ gateway: { auth } }: Config): UserCheck | undefined => {
    if (mode === "trusted-proxy" && auth.trustedProxy !== undefined) {
      return createTrustedProxyCheck(
        { ...auth, trustedProxy: auth.trustedProxy },
        { proxies: proxies.current, clientAddress, report },
      );
    }
    if (mode === "jwt" && auth.jwt !== undefined)
      return createJwtCheck(auth.jwt, { countFailure, clock, log });
    return undefined;
  };
  let rules = selectRules(deps.config);
  const users = createLive(createUserCheck(deps.config));
  const { authenticate, replaceSecret } = createAuthenticator({ ...deps, users, countFailure });

  return {
    authenticate,
    createHookAuthenticator: ({ hooks }) =>
      createHookAuthenticator(hooks, (attempt) => hookFailures.countFailure(toCaller(attempt))),
    clientAddress,
    replaceSecret,
    agentsOf: (credential) => (users.current === undefined ? [] : users.current.agentsOf(credential)),
    reload(next) {
      const nextRules = selectRules(next);
      if (isSameConfig(rules, nextRules)) return;
      rules = nextRules;
      proxies.replace(createTrustedProxies(next.gateway));
      resolveAddress.replace(createClientAddress(proxies.current));
      const previous = users.current;
      // A mode that is taken out of the file stays until the restart, with its rules.
      users.replace(createUserCheck(next) ?? previous);
      if (users.current !== previous) previous?.end();
    },
  };
}

const selectRules = ({ gateway }: Config): unknown => {
  const { trustedProxies, allowRealIpFallback, auth } = gateway;
  const { trustedProxy, identityScopes, jwt } = auth;
  return { trustedProxies, allowRealIpFallback, trustedProxy, identityScopes, jwt };
};
