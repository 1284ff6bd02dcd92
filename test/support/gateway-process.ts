/** A gateway as its users run it: a process of its own, started by the command line, with a configuration file. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { packageRoot } from "../../server/package.ts";
import { chatOn, temporaryFolder, token } from "./gateway.ts";

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
  readonly within?: readonly string[];
}

/** Runs `openclaw` with these arguments; its output is collected. */
export function openclaw(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  within: readonly string[] = [],
): { child: ChildProcess; output(): string } {
  const program = join(packageRoot, "cli/main.ts");
  const [command = "", ...rest] = [...within, process.execPath, program, ...args];
  const child = spawn(command, rest, { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

export async function startGatewayProcess(options: ProcessOptions = {}): Promise<GatewayProcess> {
  const stateDir = options.stateDir ?? temporaryFolder();
  const configPath = join(temporaryFolder(), "openclaw.json");
  writeFileSync(configPath, JSON.stringify(options.config ?? chatOn));
  const env = {
    OPENCLAW_CONFIG_PATH: configPath,
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_GATEWAY_TOKEN: token,
    ...options.env,
  };
  const { child, output } = openclaw(["gateway", "--port", options.port ?? "0"], env, options.within);
  const exited = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const found = /^Gateway +(\S+)$/m.exec(output())?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on("data", look);
    void exited.then(() => reject(new Error(`the gateway ended: ${output()}`)));
  });
  return {
    url,
    stateDir,
    child,
    output,
    end: async (signal) => {
      child.kill(signal);
      const [code, by] = await exited;
      return code ?? by ?? 1;
    },
  };
}
