/** Runs the gateway: loads the configuration, and starts one process or several. */
import { homedir, hostname } from "node:os";
import { openConfigSource } from "../server/config/config-source.ts";
import { ConfigError } from "../server/lib/config-error.ts";
import { isLoopback } from "../server/auth/shared-secret.ts";
import type { GatewayStart } from "./gateway-start.ts";
import type { Io } from "./io.ts";
import { countWorkers, resolveAddress, resolveSecret, type GatewayFlags } from "./start-settings.ts";
import { takeWorkerData } from "./workers/worker-data.ts";

export async function runGateway(flags: GatewayFlags, io: Io): Promise<number> {
  const workerData = takeWorkerData(io.env);
  if (workerData !== undefined) {
    // The process that has started this worker prints the warnings.
    const start = await prepareStart(flags, io.env, () => {});
    const { joinWorkers } = await import("./workers/join-workers.ts");
    const { serveGateway } = await import("./serve-gateway.ts");
    return serveGateway({ ...start, ...workerData }, io, joinWorkers(workerData));
  }
  const warn = (text: string): void => io.err(`Warning: ${text}`);
  const start = await prepareStart(flags, io.env, warn);
  const count = countWorkers(start.loaded, warn);
  if (count > 1) {
    const { runWorkers } = await import("./workers/run-workers.ts");
    return runWorkers(start, count, io);
  }
  const { serveGateway } = await import("./serve-gateway.ts");
  return serveGateway(start, io);
}

async function prepareStart(
  flags: GatewayFlags,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void,
): Promise<GatewayStart> {
  const home = homedir();
  const source = await openConfigSource({
    env,
    home,
    getCredential: (loaded) => resolveSecret(loaded, flags).text,
    useLastGoodCopy: !flags["strict-config"],
    clock: Date.now,
  });
  const loaded = source.initial;
  const { gateway } = loaded.config;
  loaded.warnings.forEach(warn);
  if (gateway.mode === "remote") {
    const message =
      'is "remote", so commands talk to gateway.remote.url, and no gateway starts here. Set it to "local" to start one.';
    throw new ConfigError(loaded.path, [{ path: "gateway.mode", message }]);
  }
  const secret = resolveSecret(loaded, flags);
  const { host, moreHosts, port } = resolveAddress(loaded, flags, secret);
  if ((flags.bind ?? gateway.bind) === "tailnet" && moreHosts.length === 0) {
    warn(
      "Tailscale has given this machine no address, so the gateway listens on this machine only. Start it again when Tailscale runs.",
    );
  }
  return {
    flags,
    home,
    source,
    loaded,
    secret,
    host,
    moreHosts,
    port,
    exposedHost: [host, ...moreHosts].find((each) => !isLoopback(each)) ?? host,
    nodeName: `${hostname()}:${process.pid}`,
  };
}
