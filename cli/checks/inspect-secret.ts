/** The shared secret of a configuration, without creating one as a start does. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chooseSecret, findWeakness } from "../../server/auth/shared-secret.ts";
import type { SharedSecret } from "../../server/auth/shared-secret.ts";
import type { LoadedConfig } from "../../server/config/load.ts";
import { listSecretSources, resolveAuthMode } from "../secret-sources.ts";

export function inspectSecret({
  config,
  env,
  stateDir,
}: LoadedConfig): Pick<SharedSecret, "mode" | "text" | "weakness"> {
  const { mode, text } = chooseSecret(resolveAuthMode(config), listSecretSources(env, config));
  const file = join(stateDir, "gateway-token");
  // A start creates a strong one.
  const secret = text ?? (existsSync(file) ? readFileSync(file, "utf8").trim() : undefined);
  return { mode, text: secret, weakness: secret === undefined ? undefined : findWeakness(secret, mode) };
}
