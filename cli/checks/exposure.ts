/** Checks what the configuration lets callers do, and how they prove who they are. */
import type { Config } from "../../contracts/config/config.ts";
import type { SharedSecret } from "../../server/auth/shared-secret.ts";
import { listCommandAgents } from "../list-command-agents.ts";
import type { Finding } from "./finding.ts";

type Secret = Pick<SharedSecret, "mode" | "weakness">;

export function checkExposure(config: Config, secret: Secret): readonly Finding[] {
  const { bind, trustedProxies, auth, tls } = config.gateway;
  const isExposed = bind === "lan" || bind === "custom" || bind === "tailnet";
  return [
    ...(secret.mode !== "none"
      ? []
      : [
          finding(
            "gateway.auth_none",
            isExposed ? "error" : "warning",
            isExposed
              ? "The gateway listens on the network and requires no credential"
              : "The gateway requires no credential: every program and every user of this machine is the operator",
            "gateway.auth.mode",
            "set gateway.auth.mode to token",
          ),
        ]),
    ...(secret.weakness === undefined || secret.mode === "none"
      ? []
      : [
          finding(
            "gateway.auth_weak",
            isExposed ? "error" : "warning",
            `The shared secret is weak: ${secret.weakness}`,
            "gateway.auth",
            "remove it, and the gateway creates one; or set a longer one",
          ),
        ]),
    ...(isExposed && tls === undefined
      ? [
          finding(
            "gateway.no_tls",
            "warning",
            "The gateway listens on the network without TLS: the secret can be read on the way",
            "gateway.tls",
            "set gateway.tls, or put a proxy with TLS in front of it",
          ),
        ]
      : []),
    ...trustedProxies
      .filter((range) => range.endsWith("/0"))
      .map((range) =>
        finding(
          "gateway.trusted_proxies_wide",
          "error",
          `Every address may say who a caller is: ${range} is trusted as a proxy`,
          "gateway.trustedProxies",
          "list only the addresses of your proxies",
        ),
      ),
    ...(auth.rateLimit.maxAttempts > 1_000
      ? [
          finding(
            "gateway.rate_limit_off",
            "warning",
            "Wrong credentials are hardly limited",
            "gateway.auth.rateLimit.maxAttempts",
            "set it to 10",
          ),
        ]
      : []),
    ...checkCommands(config, isExposed),
  ];
}

function checkCommands(config: Config, isExposed: boolean): readonly Finding[] {
  const { inRuns, overHttp } = listCommandAgents(config);
  const isSandboxed = config.tools.exec.sandbox !== "off";
  const severity = isSandboxed ? "info" : isExposed ? "error" : "warning";
  const where = isSandboxed ? "in a sandbox" : "with the permissions of the gateway's user";
  return [
    ...(inRuns.length === 0
      ? []
      : [
          finding(
            "tools.exec.in_runs",
            // On this machine it is what agents with files and commands are for.
            isExposed ? severity : "info",
            `Agents may run commands ${where}: ${inRuns.join(", ")}`,
            "tools",
            'set tools.exec.sandbox to "bwrap", or tools.profile to "minimal"',
          ),
        ]),
    ...(overHttp.length === 0
      ? []
      : [
          finding(
            "tools.exec.over_http",
            severity,
            `Callers may run commands ${where} with POST /tools/invoke: ${overHttp.join(", ")}`,
            "gateway.tools.allow",
            "remove exec from gateway.tools.allow",
          ),
        ]),
  ];
}

function finding(
  checkId: string,
  severity: Finding["severity"],
  message: string,
  path: string,
  fixHint: string,
): Finding {
  return { checkId, severity, message, path, ...(severity !== "info" && { fixHint }) };
}
