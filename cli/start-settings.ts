/** What follows from flags, environment and file together: the secret, the port and the address. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Config } from "../contracts/config/config.ts";
import { locateStore } from "../server/agent/sessions/store-location.ts";
import { findTailnetAddress } from "../server/config/tailscale.ts";
import { resolveListenPort } from "../server/config/environment.ts";
import type { LoadedConfig } from "../server/config/load.ts";
import {
  checkExposure,
  isLoopback,
  resolveSharedSecret,
  type SharedSecret,
} from "../server/auth/shared-secret.ts";
import { ConfigError } from "../server/lib/config-error.ts";
import { checkHookToken } from "../server/auth/hook-token.ts";
import { skippedSecret } from "../server/config/secrets/secret-command.ts";
import { explainStateFolderError } from "./explain-listen-error.ts";
import { inspectSecret } from "./checks/inspect-secret.ts";
import { listSecretSources, resolveAuthMode } from "./secret-sources.ts";

type Warn = (text: string) => void;

export interface GatewayFlags {
  readonly port: number | undefined;
  readonly bind: "loopback" | "lan" | "auto" | "tailnet" | undefined;
  readonly token: string | undefined;
  readonly password: string | undefined;
  readonly "strict-store": boolean;
  readonly verbose: boolean;
  readonly "strict-config": boolean;
}

/**
 * Creates a token if none is set. Throws `ConfigError` when no caller could log in, and an error that names the state folder when the
 * token can be neither read nor written.
 */
export function resolveSecret({ config, stateDir, env }: LoadedConfig, flags: GatewayFlags): SharedSecret {
  const sources = listSecretSources(env, config, flags);
  try {
    return resolveSharedSecret(resolveAuthMode(config, flags), sources, stateDir);
  } catch (cause) {
    const explanation = explainStateFolderError(cause, stateDir);
    throw explanation === undefined ? cause : new Error(explanation, { cause });
  }
}

/** The address of the database, where the environment names one. */
export function readDatabaseUrl({ env }: LoadedConfig): string | undefined {
  return env["OPENCLAW_DATABASE_URL"] || undefined;
}

/**
 * Checks without a start, and without creating a token, what a start rejects in a file whose settings are each valid.
 * Throws `ConfigError`.
 */
export function checkStartSettings(loaded: LoadedConfig, warn: Warn): void {
  const { text } = inspectSecret(loaded);
  const hosts = resolveHosts(loaded.config);
  checkHookToken(loaded.config, {
    // Two secrets of programs that were not started look the same.
    secret: text === skippedSecret ? undefined : text,
    isLoopback: hosts.every(isLoopback),
  });
  countWorkers(loaded, warn);
}

/** Returns the number of processes. Throws `ConfigError` for several that would have to share an SQLite file. */
export function countWorkers(loaded: LoadedConfig, warn: Warn): number {
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
  warn(`gateway.workers: "auto" is one process here, because ${reason}. For more, ${remedy}.`);
  return 1;
}

interface ListenSettings {
  readonly host: string;
  /** Further addresses to listen on. */
  readonly moreHosts: readonly string[];
  readonly port: number;
}

/** Throws `ConfigError` when the secret is too weak for the address. */
export function resolveAddress(
  { config, env, path }: LoadedConfig,
  flags: GatewayFlags,
  secret: SharedSecret,
): ListenSettings {
  const [host, ...moreHosts] = resolveHosts(config, flags.bind);
  const port = resolveListenPort(flags.port, env, config);
  const exposedHost = [host, ...moreHosts].find((each) => !isLoopback(each));
  if (!existsSync(path) && exposedHost !== undefined) {
    const message = `There is no file, so the gateway listens on this machine only. \`openclaw init\` writes one.`;
    throw new ConfigError(path, [{ path: "gateway.bind", message }]);
  }
  checkExposure(exposedHost ?? host, secret);
  return { host, moreHosts, port };
}

function resolveHosts(
  { gateway }: Config,
  bind: Config["gateway"]["bind"] = gateway.bind,
): readonly [string, ...string[]] {
  const local = "127.0.0.1";
  if (bind === "lan") return ["0.0.0.0"];
  if (bind === "custom") return [gateway.customBindHost ?? local];
  const tailnetHost = bind === "tailnet" ? findTailnetAddress() : undefined;
  return tailnetHost === undefined ? [local] : [local, tailnetHost];
}
