/** Where the shared secret may come from: the flags, the configuration, the environment, in this order. */
import type { Config } from "../contracts/config/config.ts";
import { reveal } from "../contracts/config/secret.ts";
import type { SecretSource } from "../server/gate/shared-secret.ts";

interface SecretFlags {
  readonly token: string | undefined;
  readonly password: string | undefined;
}

export function secretSources(
  flags: SecretFlags,
  config: Config,
  env: NodeJS.ProcessEnv,
): readonly SecretSource[] {
  const { token, password } = config.gateway.auth;
  return [
    { name: "the command line", ...flags },
    { name: "the configuration", token: token && reveal(token), password: password && reveal(password) },
    {
      name: "the environment",
      token: env["OPENCLAW_GATEWAY_TOKEN"],
      password: env["OPENCLAW_GATEWAY_PASSWORD"],
    },
  ];
}
