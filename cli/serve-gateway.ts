/** Serves the gateway in this process: alone, or as one of several workers. */
import { flushCompileCache } from "node:module";
import { locateStore } from "../server/agent/sessions/store-location.ts";
import { startGateway } from "../server/gateway.ts";
import { checkExposure } from "../server/auth/shared-secret.ts";
import type { LoadedConfig } from "../server/config/load.ts";
import { ConfigError } from "../server/lib/config-error.ts";
import { randomId } from "../server/lib/ids.ts";
import { createLog } from "../server/lib/log.ts";
import { packageRoot } from "../server/lib/package.ts";
import { exitOk } from "./exit-codes.ts";
import { explainListenError } from "./explain-listen-error.ts";
import {
  announceUrl,
  configureLog,
  maxLogFlushMs,
  printBanner,
  toLogOptions,
  type GatewayStart,
} from "./gateway-start.ts";
import type { Io } from "./io.ts";
import { removeRunFile } from "./run-file.ts";
import { readDatabaseUrl, resolveSecret } from "./start-settings.ts";
import { countUnhandledRejections } from "./unhandled-rejections.ts";
import { waitForStop } from "./wait-for-stop.ts";
import type { JoinedWorkers } from "./workers/join-workers.ts";

/** Time after the start at which the compile cache is written. Node writes it at exit only, and a kill is no exit. */
const flushCacheAfterMs = 5_000;

/** With `workers`, the process that has started this one announces the gateway and passes signals on. */
export async function serveGateway(start: GatewayStart, io: Io, workers?: JoinedWorkers): Promise<number> {
  const { flags, home, source, loaded, secret, host, moreHosts, port, nodeName } = start;
  const { config, stateDir } = loaded;
  const databaseUrl = readDatabaseUrl(loaded);
  const isShared = locateStore(config.session.store, databaseUrl).type === "postgres";
  const log = createLog(toLogOptions(start, config), {
    node: isShared ? nodeName : undefined,
    descriptor: workers?.logDescriptor,
  });
  const getUnhandledRejections = countUnhandledRejections(log);
  const onHangUp = (): void => {
    log.reopen();
    void source.reload({ isForced: true, logsSameResult: true }).catch(() => {});
  };
  const stopRequested =
    workers === undefined
      ? waitForStop(io, { onForcedExit: () => removeRunFile(stateDir), onHangUp })
      : workers.waitForStop({ onReload: onHangUp });
  const gateway = await startGateway({
    config,
    configSource: source,
    stateDir,
    configFile: loaded.path,
    home,
    env: io.env,
    packageRoot,
    isStoreStrict: flags["strict-store"],
    databaseUrl,
    nodeName,
    ...(workers !== undefined && { workers }),
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
    if (error instanceof ConfigError) throw error;
    throw new Error(await explainListenError(error, { host, port, stateDir }), { cause: error });
  });
  if (workers === undefined) announceUrl(start, gateway.url, io);
  const apply = (next: LoadedConfig): readonly string[] => {
    const nextSecret = resolveSecret(next, flags);
    checkExposure(start.exposedHost, nextSecret);
    const hasSameMode = nextSecret.mode === secret.mode;
    configureLog(log, start, next);
    gateway.reload({ config: next.config, ...(hasSameMode && { secret: nextSecret.text }) });
    return hasSameMode ? [] : ["gateway.auth.mode"];
  };
  // Every worker reads the same files. One of them logs the changes.
  source.start(apply, workers === undefined || workers.number === 1 ? log : undefined);
  if (workers === undefined) printBanner(start, gateway.url, 1, io);
  else workers.reportStart(gateway.url);
  void gateway.checkStore();
  setTimeout(flushCompileCache, flushCacheAfterMs).unref();

  await stopRequested;
  await source.close();
  await gateway.stop();
  await log.flush(maxLogFlushMs);
  if (workers === undefined) removeRunFile(stateDir);
  return exitOk;
}
