/** What follows from flags, environment and file together: the secret, the port and the address. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Config } from "../contracts/config/config.ts";
import { locateStore } from "../server/agent/sessions/store-location.ts";
import { findTailnetAddress } from "../server/config/tailscale.ts";
import { resolveListenPort } from "../server/config/environment.ts";
import type { LoadedConfig } from "../server/config/load.ts";
import {
  findExposureError,
  isLoopback,
  resolveSharedSecret,
  type SharedSecret,
} from "../server/auth/shared-secret.ts";
import { ConfigError } from "../server/lib/config-error.ts";
import type { Io } from "./io.ts";
import { listSecretSources, resolveAuthMode } from "./secret-sources.ts";

export interface GatewayFlags {
  readonly port: number | undefined;
  readonly bind: "loopback" | "lan" | "auto" | "tailnet" | undefined;
  readonly token: string | undefined;
  readonly password: string | undefined;
  readonly "strict-store": boolean;
  readonly verbose: boolean;
  readonly "strict-config": boolean;
}

/** Creates a token if none is set. Throws `ConfigError` when no caller could log in. */
export function resolveSecret({ config, stateDir, env }: LoadedConfig, flags: GatewayFlags): SharedSecret {
  return resolveSharedSecret(resolveAuthMode(config, flags), listSecretSources(env, config, flags), stateDir);
}

/** The address of the database, where the environment names one. */
export function readDatabaseUrl({ env }: LoadedConfig): string | undefined {
  return env["OPENCLAW_DATABASE_URL"] || undefined;
}

/** Returns the number of processes. Throws `ConfigError` for several that would have to share an SQLite file. */
export function countWorkers(loaded: LoadedConfig, io: Io): number {
  const { gateway, session } = loaded.config;
  if (gateway.workers === 1) return 1;
  const isShared = locateStore(session.store, readDatabaseUrl(loaded)).type === "postgres";
  if (isShared) return gateway.workers === "auto" ? availableParallelism() : gateway.workers;
  const reason = "only one process can use the SQLite file of the sessions";
  const remedy = "set session.store to a PostgreSQL database";
  if (gateway.workers !== "auto")
    throw new ConfigError(loaded.path, [
      { path: "gateway.workers", message: `must be 1: ${reason}. For more, ${remedy}` },
    ]);
  io.err(`Warning: gateway.workers: "auto" is one process here, because ${reason}. For more, ${remedy}.`);
  return 1;
}

interface ListenSettings {
  readonly host: string;
  /** Further addresses to listen on. */
  readonly moreHosts: readonly string[];
  readonly port: number;
}

/** Throws when the secret is too weak for the address. */
export function resolveAddress(
  { config, env, path }: LoadedConfig,
  flags: GatewayFlags,
  secret: SharedSecret,
): ListenSettings {
  const bind = flags.bind ?? config.gateway.bind;
  const host = resolveHost(bind, config);
  const tailnetHost = bind === "tailnet" ? findTailnetAddress() : undefined;
  const moreHosts = tailnetHost === undefined ? [] : [tailnetHost];
  const port = resolveListenPort(flags.port, env, config);
  const exposedHost = [host, ...moreHosts].find((each) => !isLoopback(each));
  if (!existsSync(path) && exposedHost !== undefined) {
    throw new Error(
      `There is no ${path}, so the gateway listens on this machine only. \`openclaw init\` writes a configuration.`,
    );
  }
  const exposureError = findExposureError(exposedHost ?? host, secret);
  if (exposureError !== undefined) throw new Error(exposureError);
  return { host, moreHosts, port };
}

function resolveHost(bind: Config["gateway"]["bind"], config: Config): string {
  if (bind === "lan") return "0.0.0.0";
  if (bind === "custom") return config.gateway.customBindHost ?? "127.0.0.1";
  return "127.0.0.1";
}
