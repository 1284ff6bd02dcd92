/** `openclaw gateway`: loads the configuration, starts the gateway, says what it serves, stops on a signal. */
import { homedir } from "node:os";
import { parseArgs } from "node:util";
import type { Config } from "../contracts/config/config.ts";
import { ConfigError } from "../server/config/config-error.ts";
import { listenPort } from "../server/config/environment.ts";
import { loadConfig } from "../server/config/load.ts";
import { startGateway } from "../server/gateway.ts";
import { exposureRefusal, isLoopback } from "../server/gate/exposure.ts";
import { resolveSharedSecret } from "../server/gate/shared-secret.ts";
import { randomId } from "../server/ids.ts";
import { createLog } from "../server/log.ts";
import { packageRoot } from "../server/package.ts";
import { announce } from "./announce.ts";
import type { Io } from "./command.ts";
import { explainListenFailure } from "./listen-failure.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import { authMode, secretSources } from "./secret-sources.ts";

const help = [
  "openclaw gateway: run the gateway",
  "",
  "  --port N        port to listen on (else OPENCLAW_GATEWAY_PORT, the configuration, 18789)",
  "  --bind WHERE    loopback, lan or auto (else the configuration)",
  "  --token TEXT    the shared secret; other users of this machine see it: prefer OPENCLAW_GATEWAY_TOKEN",
  "  --password TEXT the same as a password",
  "  --verbose       log at level debug",
  "",
  "The configuration is ~/.openclaw/openclaw.json, or the file in OPENCLAW_CONFIG_PATH.",
  "Ctrl-C lets running requests finish; a second one does not.",
  "",
  "Example: openclaw gateway --port 8080",
].join("\n");

const options = {
  port: { type: "string" },
  bind: { type: "string" },
  token: { type: "string" },
  password: { type: "string" },
  verbose: { type: "boolean" },
} as const;

interface Flags {
  readonly port: number | undefined;
  readonly bind: "loopback" | "lan" | "auto" | undefined;
  readonly token: string | undefined;
  readonly password: string | undefined;
  readonly verbose: boolean;
}

/** Exit codes: 0 stopped, 1 failed, 2 wrong usage, 78 wrong configuration. */
export async function runGatewayCommand(args: readonly string[], io: Io): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    io.out(help);
    return 0;
  }
  let flags: Flags;
  try {
    flags = readFlags(args);
  } catch (error) {
    io.err(`openclaw gateway: ${messageOf(error)}`);
    io.err("openclaw gateway --help lists the options.");
    return 2;
  }
  try {
    return await run(flags, io);
  } catch (error) {
    io.err(messageOf(error));
    return error instanceof ConfigError ? 78 : 1;
  }
}

async function run(flags: Flags, io: Io): Promise<number> {
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
    packageRoot,
    port,
    host,
    secret: secret.text,
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
  return 0;
}

function hostOf(bind: Config["gateway"]["bind"], config: Config): string {
  if (bind === "lan") return "0.0.0.0";
  if (bind === "custom") return config.gateway.customBindHost ?? "127.0.0.1";
  return "127.0.0.1";
}

function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
  const { port, bind, token, password, verbose = false } = values;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw new Error(`--port ${JSON.stringify(port)}: expected a number from 0 to 65535`);
  }
  if (bind !== undefined && bind !== "loopback" && bind !== "lan" && bind !== "auto") {
    throw new Error(`--bind ${JSON.stringify(bind)}: expected loopback, lan or auto`);
  }
  if (token !== undefined && password !== undefined) {
    throw new Error("--token and --password: one of them is enough");
  }
  return { port: port === undefined ? undefined : Number(port), bind, token, password, verbose };
}

/** The first signal resolves; a second, whichever it is, ends the process at once. */
function stopSignal(io: Io, abandon: () => void): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) {
        abandon();
        process.exit(130);
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
