/** The known model providers as a list: whether a key is set, and where they are. */
import { homedir } from "node:os";
import type { Config } from "../contracts/config/config.ts";
import { knownProviders, type KnownProvider } from "../contracts/config/known-providers.ts";
import type { Io } from "./io.ts";

interface ListedProvider {
  readonly id: string;
  readonly api: string;
  readonly baseUrl: string | undefined;
  /** The variable of the key. */
  readonly env: string | undefined;
  readonly key: "set" | "missing" | "not needed";
  /** `<provider>/<model>`, for instance. */
  readonly example: string | undefined;
}

/** Reads the configuration of this machine; a gateway need not run. */
export async function listKnownProviders(io: Io): Promise<readonly ListedProvider[]> {
  const { loadConfig } = await import("../server/config/load.ts");
  const { config, env } = loadConfig({
    env: io.env,
    home: io.env["HOME"] || homedir(),
    runsCommands: false,
  });
  return knownProviders.flatMap((known) => {
    const { id, api, baseUrl, env: names = [], models = [] } = known;
    if (api === undefined) return [];
    const configured = config.models.providers[id];
    const [example] = models;
    return [
      {
        id,
        api: configured?.api ?? api,
        baseUrl: configured?.baseUrl ?? baseUrl,
        env: names.find((name) => env[name]) ?? names[0],
        key: describeKey(known, configured, env),
        example: example === undefined ? undefined : `${id}/${example}`,
      },
    ];
  });
}

function describeKey(
  { env: names = [], isKeyOptional = false }: KnownProvider,
  configured: Config["models"]["providers"][string] | undefined,
  env: NodeJS.ProcessEnv,
): ListedProvider["key"] {
  if (configured?.apiKey !== undefined || names.some((name) => env[name])) return "set";
  return isKeyOptional ? "not needed" : "missing";
}
