/** Where the gateway may listen: beyond this machine only with a secret that cannot be guessed. */
import type { SharedSecret } from "./shared-secret.ts";

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Why a gateway with this secret must not listen on this host; undefined when it may. */
export function exposureRefusal(host: string, { mode, weakness }: SharedSecret): string | undefined {
  if (isLoopback(host) || weakness === undefined) return undefined;
  const remedy =
    mode === "none"
      ? "Choose gateway.auth.mode token or password"
      : `Set gateway.auth.${mode} to ${mode === "token" ? "24" : "12"} or more random characters (openssl rand -hex 24)`;
  return `Refusing to listen on ${host}: ${weakness}. ${remedy}, or bind to loopback.`;
}
