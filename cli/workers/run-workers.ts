/** Runs a gateway as several processes that serve one port. This process accepts the connections and passes them on. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describeError } from "../../server/lib/errors.ts";
import { createLog } from "../../server/lib/log.ts";
import {
  announceUrl,
  configureLog,
  maxLogFlushMs,
  printBanner,
  toLogOptions,
  type GatewayStart,
} from "../gateway-start.ts";
import type { Io } from "../io.ts";
import { removeRunFile } from "../run-file.ts";
import { countUnhandledRejections } from "../unhandled-rejections.ts";
import { waitForStop } from "../wait-for-stop.ts";
import { forkWorker } from "./fork-worker.ts";
import { createResponseCollector } from "./response-collector.ts";
import { createSupervisor } from "./supervise.ts";

/** Time that a worker has to stop, beside `gateway.limits.drainMs`. */
const stopMs = 10_000;

/** Resolves to the exit code. */
export async function runWorkers(start: GatewayStart, count: number, io: Io): Promise<number> {
  const { source, loaded, nodeName } = start;
  const { stateDir } = loaded;
  const log = createLog(toLogOptions(start, loaded.config), { node: nodeName });
  countUnhandledRejections(log);
  const port = start.port === 0 ? await chooseFreePort(start.host) : start.port;
  const supervisor = createSupervisor({
    count,
    fork: ({ number, onStart }) =>
      forkWorker({
        number,
        count,
        port,
        nodeName: `${nodeName}-${number}`,
        onMessage(worker, message) {
          if (message.type === "started") {
            collector.add(worker);
            onStart(message.url);
          } else if (message.type === "collect") collector.collect(worker, message);
          else collector.addResponse(worker, message);
        },
        onLogLine: log.forward,
      }),
    onExit: (worker) => collector.remove(worker),
    log,
  });
  const collector = createResponseCollector();
  const onHangUp = (): void => {
    log.reopen();
    void source.reload({ isForced: true }).catch(() => {});
    for (const worker of supervisor.list()) worker.send({ type: "reload" });
  };
  const stopRequested = waitForStop(io, {
    // The workers end when this process does.
    onForcedExit: () => removeRunFile(stateDir),
    onHangUp,
  });
  const stop = async (): Promise<number> => {
    const { drainMs, drainDelayMs } = source.getApplied().config.gateway.limits;
    await source.close();
    const exitCode = await supervisor.stop(drainDelayMs + drainMs + stopMs);
    await log.flush(maxLogFlushMs);
    removeRunFile(stateDir);
    return exitCode;
  };
  let isStopping = false;
  const stopped = stopRequested.then(() => {
    isStopping = true;
    return stop();
  });

  const result = await supervisor.start();
  if ("exitCode" in result) return result.exitCode;
  if (isStopping) return stopped;
  announceUrl(start, result.url, io);
  // The workers read the configuration themselves, and the first one logs it. This process applies the settings of the log.
  source.start((next) => {
    try {
      configureLog(log, start, next);
    } catch (error) {
      log.error("configuration not applied", { file: next.path, problem: describeError(error) });
      throw error;
    }
    return [];
  }, undefined);
  printBanner(start, result.url, count, io);
  return stopped;
}

/** A worker that starts when no other one is left must find the same port. */
async function chooseFreePort(host: string): Promise<number> {
  try {
    const probe = createServer().listen(0, host);
    await once(probe, "listening");
    const { port } = probe.address() as AddressInfo;
    await once(probe.close(), "close");
    return port;
  } catch {
    // The first worker reports the error of the address.
    return 0;
  }
}
