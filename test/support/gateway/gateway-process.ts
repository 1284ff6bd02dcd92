/** A gateway as its users run it: a process of its own, started by the command line, with a configuration file. */
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
  readonly child: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** Sends the signal and resolves to the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

interface ProcessOptions {
  readonly config?: ConfigInput;
  readonly stateDir?: string;
  /** A free one, unless it has to be that of a gateway before. */
  readonly port?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What begins its command line: a program that becomes the gateway. */
  readonly commandPrefix?: readonly string[];
}

/** Runs `openclaw` with these arguments; its output is collected. */
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
  const configPath = join(createTemporaryFolder(), "openclaw.json");
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
      const found = /^Gateway +(\S+)$/m.exec(output())?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on("data", findUrl);
    void exited.then(() => reject(new Error(`the gateway ended: ${output()}`)));
  });
  return {
    url,
    stateDir,
    child,
    output,
    end: async (signal) => {
      child.kill(signal);
      const [code, signalName] = await exited;
      return code ?? signalName ?? 1;
    },
  };
}
