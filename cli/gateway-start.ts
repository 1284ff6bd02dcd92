/** The start of a gateway: its configuration, its log, and the lines that announce it. */
import type { Config } from "../contracts/config/config.ts";
import type { ConfigSource } from "../server/config/config-source.ts";
import type { LoadedConfig } from "../server/config/load.ts";
import { isLoopback, type SharedSecret } from "../server/auth/shared-secret.ts";
import { ConfigError } from "../server/lib/config-error.ts";
import type { ConfigurableLog } from "../server/lib/log.ts";
import { formatBanner } from "./banner.ts";
import { readLogLevel } from "./global-options.ts";
import type { Io } from "./io.ts";
import { writeRunFile } from "./run-file.ts";
import type { GatewayFlags } from "./start-settings.ts";

export interface GatewayStart {
  readonly flags: GatewayFlags;
  readonly home: string;
  readonly source: ConfigSource;
  readonly loaded: LoadedConfig;
  readonly secret: SharedSecret;
  readonly host: string;
  /** Further addresses to listen on. */
  readonly moreHosts: readonly string[];
  readonly port: number;
  /** One of these hosts that other machines can reach, if there is one. */
  readonly exposedHost: string;
  /** Name of this process among those that share a database. */
  readonly nodeName: string;
}

/** Time for the reader of the log after the stop, in milliseconds. */
export const maxLogFlushMs = 1_000;

/** Returns the options of the log: a flag or a variable overrides the level of the configuration. */
export function toLogOptions({ flags, loaded }: GatewayStart, { logging }: Config): Config["logging"] {
  return { ...logging, level: flags.verbose ? "debug" : (readLogLevel(loaded.env) ?? logging.level) };
}

/** Throws a `ConfigError` when the file of the log cannot be opened. */
export function configureLog(
  log: ConfigurableLog,
  start: GatewayStart,
  { config, path }: LoadedConfig,
): void {
  try {
    log.configure(toLogOptions(start, config));
  } catch (error) {
    throw new ConfigError(path, [{ path: "logging.file", message: getErrorMessage(error) }]);
  }
}

/** Writes `gateway.json`, so that other commands find the gateway at this URL. */
export function announceUrl({ loaded, secret }: GatewayStart, url: string, io: Io): void {
  const { tls } = loaded.config.gateway;
  try {
    writeRunFile(loaded.stateDir, {
      url,
      ...(secret.file !== undefined && { tokenPath: secret.file }),
      ...(tls?.autoGenerate === true && { certPath: tls.certPath }),
    });
  } catch (error) {
    io.err(
      `Warning: gateway.json cannot be written, so other commands cannot find this gateway: ${getErrorMessage(error)}`,
    );
  }
}

export function printBanner(start: GatewayStart, url: string, workers: number, io: Io): void {
  const { loaded, secret, exposedHost } = start;
  const { file } = loaded.config.logging;
  io.out(formatBanner({ url, workers, loaded, secret, isLoopback: isLoopback(exposedHost) }).join("\n"));
  if (file !== undefined) io.out(`The log goes to ${file}.`);
}

function getErrorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
