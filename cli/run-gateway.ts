/** Runs the gateway: loads the configuration, starts the server, prints the banner, stops on a signal. */
import { flushCompileCache } from "node:module";
import { homedir, hostname } from "node:os";
import type { Config } from "../contracts/config/config.ts";
import { locateStore } from "../server/agent/sessions/store-location.ts";
import { openConfigSource } from "../server/config/config-source.ts";
import { startGateway } from "../server/gateway.ts";
import { findExposureError, isLoopback } from "../server/auth/shared-secret.ts";
import { ConfigError } from "../server/lib/config-error.ts";
import { randomId } from "../server/lib/ids.ts";
import { createLog, type ConfigurableLog } from "../server/lib/log.ts";
import { packageRoot } from "../server/lib/package.ts";
import { formatBanner } from "./banner.ts";
import { exitOk } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { readLogLevel } from "./global-options.ts";
import { explainListenError } from "./explain-listen-error.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import { resolveAddress, resolveSecret, type GatewayFlags } from "./start-settings.ts";
import { countUnhandledRejections } from "./unhandled-rejections.ts";
import { waitForStop } from "./wait-for-stop.ts";

/** Time after the start at which the compile cache is written. Node writes it at exit only, and a kill is no exit. */
const flushCacheAfterMs = 5_000;

/** Time for the reader of the log after the stop. */
const maxFlushMs = 1_000;

export async function runGateway(flags: GatewayFlags, io: Io): Promise<number> {
  const { env } = io;
  const home = homedir();
  const source = await openConfigSource({
    env,
    home,
    getCredential: (loaded) => resolveSecret(loaded, flags).text,
    useLastGoodCopy: !flags["strict-config"],
    clock: Date.now,
  });
  const loaded = source.initial;
  const { config, stateDir } = loaded;
  for (const warning of loaded.warnings) io.err(`Warning: ${warning}`);
  if (config.gateway.mode === "remote") {
    throw new Error(
      'No gateway starts here: gateway.mode is "remote", so commands talk to gateway.remote.url. Set it to "local" to start one.',
    );
  }

  const secret = resolveSecret(loaded, flags);
  const { host, moreHosts, port } = resolveAddress(loaded, flags, secret);
  const exposedHost = [host, ...moreHosts].find((each) => !isLoopback(each)) ?? host;
  if ((flags.bind ?? config.gateway.bind) === "tailnet" && moreHosts.length === 0) {
    io.err(
      "Warning: Tailscale has given this machine no address, so the gateway listens on this machine only. Start it again when Tailscale runs.",
    );
  }
  const toLogOptions = ({ logging }: Config): Config["logging"] => ({
    ...logging,
    level: flags.verbose ? "debug" : (readLogLevel(loaded.env) ?? logging.level),
  });
  const databaseUrl = loaded.env["OPENCLAW_DATABASE_URL"] || undefined;
  const nodeName = `${hostname()}:${process.pid}`;
  const isShared = locateStore(config.session.store, databaseUrl).type === "postgres";
  const log = createLog(toLogOptions(config), { node: isShared ? nodeName : undefined });
  const getUnhandledRejections = countUnhandledRejections(log);
  const onHangUp = (): void => {
    log.reopen();
    void source.reload().catch(() => {});
  };
  // A terminal that is closed sends SIGHUP. A service manager sends it for a reload.
  const isInTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  const stopRequested = waitForStop(io, {
    onForcedExit: () => removeRunFile(stateDir),
    onHangUp: isInTerminal ? undefined : onHangUp,
  });
  const gateway = await startGateway({
    config,
    configSource: source,
    stateDir,
    configFile: loaded.path,
    home,
    env,
    packageRoot,
    isStoreStrict: flags["strict-store"],
    databaseUrl,
    nodeName,
    port,
    host,
    moreHosts,
    secret: secret.text,
    authMode: secret.mode,
    clock: Date.now,
    newId: randomId,
    log,
    getUnhandledRejections,
  }).catch(async (error: unknown) => {
    throw new Error(await explainListenError(error, { host, port, stateDir }), { cause: error });
  });
  try {
    const { tls } = config.gateway;
    writeRunFile(stateDir, {
      url: gateway.url,
      ...(secret.file !== undefined && { tokenPath: secret.file }),
      ...(tls?.autoGenerate === true && { certPath: tls.certPath }),
    });
  } catch (error) {
    io.err(
      `Warning: gateway.json cannot be written, so other commands cannot find this gateway: ${getErrorMessage(error)}`,
    );
  }
  source.start((next) => {
    const nextSecret = resolveSecret(next, flags);
    const exposureError = findExposureError(exposedHost, nextSecret);
    if (exposureError !== undefined)
      throw new ConfigError(next.path, [{ path: "gateway.auth", message: exposureError }]);
    const hasSameMode = nextSecret.mode === secret.mode;
    configureLog(log, toLogOptions(next.config), next.path);
    gateway.reload({ config: next.config, ...(hasSameMode && { secret: nextSecret.text }) });
    return hasSameMode ? [] : ["gateway.auth.mode"];
  }, log);
  const startedGateway = { url: gateway.url, loaded, secret, isLoopback: isLoopback(exposedHost) };
  io.out(formatBanner(startedGateway).join("\n"));
  if (config.logging.file !== undefined) io.out(`The log goes to ${config.logging.file}.`);
  void gateway.checkStore();
  setTimeout(flushCompileCache, flushCacheAfterMs).unref();

  await stopRequested;
  await source.close();
  await gateway.stop();
  await log.flush(maxFlushMs);
  removeRunFile(stateDir);
  return exitOk;
}

/** Throws a `ConfigError` when the file of the log cannot be opened. */
function configureLog(log: ConfigurableLog, options: Config["logging"], path: string): void {
  try {
    log.configure(options);
  } catch (error) {
    throw new ConfigError(path, [{ path: "logging.file", message: getErrorMessage(error) }]);
  }
}

function getErrorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
