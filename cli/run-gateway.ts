/** Runs the gateway: loads the configuration, starts it, says what it serves, stops on a signal. */
import { homedir } from "node:os";
import type { Config } from "../contracts/config/config.ts";
import { listenPort } from "../server/config/environment.ts";
import { loadConfig } from "../server/config/load.ts";
import { startGateway } from "../server/gateway.ts";
import { exposureRefusal, isLoopback } from "../server/gate/exposure.ts";
import { resolveSharedSecret } from "../server/gate/shared-secret.ts";
import { randomId } from "../server/ids.ts";
import { createLog } from "../server/log.ts";
import { packageRoot } from "../server/package.ts";
import { announce } from "./announce.ts";
import { exitDone, exitInterrupted } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { explainListenFailure } from "./listen-failure.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import { authMode, secretSources } from "./secret-sources.ts";

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

  const sources = secretSources(env, config, flags);
  const secret = resolveSharedSecret(authMode(config, flags), sources, stateDir);
  const host = hostOf(flags.bind ?? config.gateway.bind, config);
  const port = listenPort(flags.port, env, config);
  const refusal = exposureRefusal(host, secret);
  if (refusal !== undefined) throw new Error(refusal);

  const level = flags.verbose ? "debug" : config.logging.level;
  const log = createLog({ level, format: config.logging.format });
  process.on("unhandledRejection", (reason) => log.error("unhandled rejection", { error: String(reason) }));
  const stopped = stopSignal(io, () => removeRunFile(stateDir));
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
  }).catch(async (error: unknown) => {
    throw new Error(await explainListenFailure(error, { host, port, stateDir }), { cause: error });
  });
  try {
    writeRunFile(stateDir, gateway.url, secret.file);
  } catch (error) {
    io.err(
      `Warning: gateway.json cannot be written, so other commands will not find this gateway: ${messageOf(error)}`,
    );
  }
  const started = { url: gateway.url, loaded, secret, loopback: isLoopback(host) };
  io.out(announce(started).join("\n"));

  await stopped;
  await gateway.stop();
  removeRunFile(stateDir);
  return exitDone;
}

function hostOf(bind: Config["gateway"]["bind"], config: Config): string {
  if (bind === "lan") return "0.0.0.0";
  if (bind === "custom") return config.gateway.customBindHost ?? "127.0.0.1";
  return "127.0.0.1";
}

/** The first signal resolves; a second, whichever it is, ends the process at once. */
function stopSignal(io: Io, abandon: () => void): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) {
        abandon();
        process.exit(exitInterrupted);
      }
      stopping = true;
      io.err(`${signal}: letting running requests finish; once more ends them`);
      resolve();
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
