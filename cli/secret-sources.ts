/** Where the shared secret may come from: the flags, the configuration, the environment, in this order. */
import type { Config } from "../contracts/config/config.ts";
import { reveal } from "../contracts/config/secret.ts";
import type { SecretSource } from "../server/gate/shared-secret.ts";

interface SecretFlags {
  readonly token?: string | undefined;
  readonly password?: string | undefined;
}

export function secretSources(
  env: NodeJS.ProcessEnv,
  config: Config,
  { token, password }: SecretFlags = {},
): readonly SecretSource[] {
  const { auth } = config.gateway;
  return [
    { name: "the command line", token, password },
    {
      name: "the configuration",
      token: auth.token && reveal(auth.token),
      password: auth.password && reveal(auth.password),
    },
    {
      name: "the environment",
      token: env["OPENCLAW_GATEWAY_TOKEN"],
      password: env["OPENCLAW_GATEWAY_PASSWORD"],
    },
  ];
}

/** A secret on the command line says how callers identify themselves, whatever the file says. */
export function authMode(
  config: Config,
  { token, password }: SecretFlags = {},
): Config["gateway"]["auth"]["mode"] {
  if (token !== undefined) return "token";
  return password === undefined ? config.gateway.auth.mode : "password";
}
