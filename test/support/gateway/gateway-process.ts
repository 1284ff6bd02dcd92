/** Starts a gateway as its own process, by the command line and with a configuration file. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ConfigInput } from "../../../contracts/config/config.ts";
import { packageRoot } from "../../../server/lib/package.ts";
import { chatConfig, createTemporaryFolder, token } from "./gateway.ts";

export interface GatewayProcess {
  readonly url: string;
  readonly stateDir: string;
  readonly configPath: string;
  readonly child: ChildProcess;
  /** Returns all output so far. */
  output(): string;
  /** Sends the signal. Resolves to the exit code, or to the signal that ended the process. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

interface ProcessOptions {
  readonly config?: ConfigInput;
  /** A file that exists. By default one is created with `config`. */
  readonly configPath?: string;
  readonly stateDir?: string;
  /** A free port by default. */
  readonly port?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Starts the command line: a program that executes the gateway. */
  readonly commandPrefix?: readonly string[];
}

/** Runs `openclaw` with these arguments and collects its output. */
export function spawnOpenclaw(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  commandPrefix: readonly string[] = [],
): { child: ChildProcess; output(): string } {
  const program = join(packageRoot, "cli/main.ts");
  const [command = "", ...rest] = [...commandPrefix, process.execPath, program, ...args];
  const child = spawn(command, rest, { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

export async function startGatewayProcess(options: ProcessOptions = {}): Promise<GatewayProcess> {
  const stateDir = options.stateDir ?? createTemporaryFolder();
  const configPath = options.configPath ?? join(createTemporaryFolder(), "openclaw.json");
  if (options.configPath === undefined)
    writeFileSync(configPath, JSON.stringify(options.config ?? chatConfig));
  const env = {
    OPENCLAW_CONFIG_PATH: configPath,
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_GATEWAY_TOKEN: token,
    ...options.env,
  };
  const { child, output } = spawnOpenclaw(
    ["gateway", "--port", options.port ?? "0"],
    env,
    options.commandPrefix,
  );
  const exited = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    const findUrl = (): void => {
      const match = /^Gateway +(\S+)$/m.exec(output())?.[1];
      if (match !== undefined) resolve(match);
    };
    child.stdout?.on("data", findUrl);
    void exited.then(() => reject(new Error(`the gateway exited: ${output()}`)));
  });
  return {
    url,
    stateDir,
    configPath,
    child,
    output,
    end: async (signal) => {
      child.kill(signal);
      const [code, signalName] = await exited;
      return code ?? signalName ?? 1;
    },
  };
}
