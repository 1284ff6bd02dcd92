/** Lists the sources of the shared secret in order: flags, configuration, environment. */
import type { Config } from "../contracts/config/config.ts";
import { reveal } from "../contracts/config/secret.ts";
import type { SecretSource } from "../server/auth/shared-secret.ts";

interface SecretFlags {
  readonly token?: string | undefined;
  readonly password?: string | undefined;
}

export function listSecretSources(
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

/** A secret on the command line overrides the authentication mode of the configuration. */
export function resolveAuthMode(
  config: Config,
  { token, password }: SecretFlags = {},
): Config["gateway"]["auth"]["mode"] {
  if (token !== undefined) return "token";
  return password === undefined ? config.gateway.auth.mode : "password";
}
