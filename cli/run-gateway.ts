/** Runs the gateway: loads the configuration, starts the server, prints the banner, stops on a signal. */
import { flushCompileCache } from "node:module";
import { homedir } from "node:os";
import type { Config } from "../contracts/config/config.ts";
import { resolveListenPort } from "../server/config/environment.ts";
import { loadConfig } from "../server/config/load.ts";
import { startGateway } from "../server/gateway.ts";
import { findExposureError, isLoopback, resolveSharedSecret } from "../server/auth/shared-secret.ts";
import { randomId } from "../server/lib/ids.ts";
import { createLog } from "../server/lib/log.ts";
import { packageRoot } from "../server/lib/package.ts";
import { formatBanner } from "./banner.ts";
import { exitOk } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { explainListenError } from "./explain-listen-error.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import { listSecretSources, resolveAuthMode } from "./secret-sources.ts";
import { countUnhandledRejections } from "./unhandled-rejections.ts";
import { waitForStop } from "./wait-for-stop.ts";

/** Time after the start at which the compile cache is written. Node writes it at exit only, and a kill is no exit. */
const flushCacheAfterMs = 5_000;

export interface GatewayFlags {
  readonly port: number | undefined;
  readonly bind: "loopback" | "lan" | "auto" | undefined;
  readonly token: string | undefined;
  readonly password: string | undefined;
  readonly verbose: boolean;
}

export async function runGateway(flags: GatewayFlags, io: Io): Promise<number> {
  const { env } = io;
  const loaded = loadConfig({ env, home: homedir() });
  const { config, stateDir } = loaded;
  for (const warning of loaded.warnings) io.err(`Warning: ${warning}`);

  const sources = listSecretSources(env, config, flags);
  const secret = resolveSharedSecret(resolveAuthMode(config, flags), sources, stateDir);
  const host = resolveHost(flags.bind ?? config.gateway.bind, config);
  const port = resolveListenPort(flags.port, env, config);
  const exposureError = findExposureError(host, secret);
  if (exposureError !== undefined) throw new Error(exposureError);

  const level = flags.verbose ? "debug" : config.logging.level;
  const log = createLog({ level, format: config.logging.format });
  const getUnhandledRejections = countUnhandledRejections(log);
  const stopRequested = waitForStop(io, () => removeRunFile(stateDir));
  const gateway = await startGateway({
    config,
    stateDir,
    configFile: loaded.path,
    home: homedir(),
    env,
    packageRoot,
    port,
    host,
    secret: secret.text,
    secretMode: secret.mode,
    clock: Date.now,
    newId: randomId,
    log,
    getUnhandledRejections,
  }).catch(async (error: unknown) => {
    throw new Error(await explainListenError(error, { host, port, stateDir }), { cause: error });
  });
  try {
    writeRunFile(stateDir, gateway.url, secret.file);
  } catch (error) {
    io.err(
      `Warning: gateway.json cannot be written, so other commands cannot find this gateway: ${getErrorMessage(error)}`,
    );
  }
  const startedGateway = { url: gateway.url, loaded, secret, isLoopback: isLoopback(host) };
  io.out(formatBanner(startedGateway).join("\n"));
  setTimeout(flushCompileCache, flushCacheAfterMs).unref();

  await stopRequested;
  await gateway.stop();
  removeRunFile(stateDir);
  return exitOk;
}

function resolveHost(bind: Config["gateway"]["bind"], config: Config): string {
  if (bind === "lan") return "0.0.0.0";
  if (bind === "custom") return config.gateway.customBindHost ?? "127.0.0.1";
  return "127.0.0.1";
}

function getErrorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
