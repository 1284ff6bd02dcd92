/** Runs the gateway under test in its own process, on one port and one state folder. It can be restarted. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../bench/free-port.ts";
import type { ConfigInput } from "../contracts/config/config.ts";
import type { Provider } from "./provider.ts";

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly stateDir: string;
  /** The id of the current process. */
  readonly pid: number;
  /** Starts the process without waiting for it. */
  launch(options?: LaunchOptions): void;
  /** Starts the process. Resolves to the milliseconds until it is ready. */
  start(options?: LaunchOptions): Promise<number>;
  /** Sets the clock of the running process this much ahead of the right time. */
  shiftClock(ms: number): void;
  /** Stops the process for this time, as a machine that sleeps does. */
  pause(ms: number): Promise<void>;
  readLog(): string;
  /** Sends the signal and resolves to the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Resolves to the MB of live memory after a garbage collection: the heap, and buffers outside it. */
  heapMegabytes(): Promise<number>;
}

interface LaunchOptions {
  /** How far its clock is ahead of the right time. */
  readonly clockShiftMs?: number;
}

type Limits = NonNullable<ConfigInput["gateway"]>["limits"];

type GatewayOptions = {
  /** A temporary folder by default. */
  readonly stateDir?: string;
  /** The address that it listens on. `config` binds it. */
  readonly host?: string;
  /** Starts the process: a program that executes the gateway. */
  readonly commandPrefix?: readonly string[];
} & ({ readonly provider: Provider; readonly limits?: Limits } | { readonly config: ConfigInput });

const token = "soak-token-0123456789abcdef";
export const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" } as const;

const program = join(import.meta.dirname, "../cli/main.ts");
const probe = join(import.meta.dirname, "probe.ts");
const startLimitMs = 60_000;

export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { stateDir, host = "127.0.0.1", commandPrefix = [] } = options;
  const config = "config" in options ? options.config : createConfig(options.provider, options.limits);
  const folder = mkdtempSync(join(tmpdir(), "openclaw-soak-"));
  const state = stateDir ?? join(folder, "state");
  const configPath = join(folder, "openclaw.json");
  const logPath = join(folder, "gateway.log");
  writeFileSync(configPath, JSON.stringify(config));
  const log = openSync(logPath, "a");
  const port = await freePort();
  const url = `http://${host}:${port}`;
  let child: ChildProcess | undefined;
  let isStopping = false;

  const launch = ({ clockShiftMs = 0 }: LaunchOptions = {}): void => {
    isStopping = false;
    const args = ["--import", probe, program, "gateway", "--port", `${port}`];
    const [command = "", ...rest] = [...commandPrefix, process.execPath, ...args];
    child = spawn(command, rest, {
      env: {
        ...process.env,
        NODE_ENV: "production",
        OPENCLAW_CONFIG_PATH: configPath,
        OPENCLAW_STATE_DIR: state,
        OPENCLAW_GATEWAY_TOKEN: token,
        SOAK_CLOCK_SHIFT_MS: String(clockShiftMs),
      },
      stdio: ["ignore", log, log, "ipc"],
    });
    child.once("exit", (code, signal) => {
      if (!isStopping)
        console.error(`The gateway exited unexpectedly: ${code ?? signal}\n${readLogTail(logPath)}`);
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals> => {
    if (child === undefined) return 0;
    isStopping = true;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    }
    return child.exitCode ?? child.signalCode ?? 1;
  };
  return {
    url,
    stateDir: state,
    get pid() {
      return child?.pid ?? 0;
    },
    launch,
    async start(options) {
      const startedAt = performance.now();
      launch(options);
      while (!(await isReady(url))) {
        if (child?.exitCode !== null || performance.now() - startedAt > startLimitMs) {
          throw new Error(`the gateway is not ready: ${readLogTail(logPath)}`);
        }
        await sleep(5);
      }
      return performance.now() - startedAt;
    },
    end,
    shiftClock: (ms) => void child?.send(ms),
    async pause(ms) {
      child?.kill("SIGSTOP");
      await sleep(ms);
      child?.kill("SIGCONT");
    },
    readLog: () => readFileSync(logPath, "utf8"),
    async heapMegabytes() {
      if (child === undefined) throw new Error("the gateway does not run");
      const message = once(child, "message");
      child.send("heap");
      const [megabytes] = (await message) as [number];
      return megabytes;
    },
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const readLogTail = (logPath: string): string => readFileSync(logPath, "utf8").slice(-4_000);

function createConfig({ baseUrl }: Provider, limits: Limits = {}): ConfigInput {
  return {
    gateway: {
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
      tools: { allow: ["exec"] },
      // The scenarios send answers of up to 32 MB.
      limits: { maxAnswerBytes: 0, ...limits },
    },
    agents: { defaults: { model: "scripted/scripted" } },
    models: { providers: { scripted: { baseUrl, models: [{ id: "scripted" }] } } },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { ok, body } = await fetch(`${url}/readyz`);
    await body?.cancel();
    return ok;
  } catch {
    return false;
  }
}
