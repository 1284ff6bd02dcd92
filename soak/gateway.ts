/** The gateway under test: a process of its own on one port and one state folder, started again and again. */
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
  /** Of the process that runs now. */
  readonly pid: number;
  /** Starts the process and does not wait for it. */
  launch(): void;
  /** Starts the process; resolves to the milliseconds until it said that it is ready. */
  start(): Promise<number>;
  /** Sends the signal and resolves to the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** MB that are alive after a garbage collection: the heap, and buffers outside of it. */
  heapMegabytes(): Promise<number>;
}

interface GatewayOptions {
  readonly provider: Provider;
  readonly limits?: NonNullable<ConfigInput["gateway"]>["limits"];
  /** By default a folder of its own, removed at the end. */
  readonly stateDir?: string;
}

const token = "soak-token-0123456789abcdef";
export const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" } as const;

const program = join(import.meta.dirname, "../cli/main.ts");
const probe = join(import.meta.dirname, "probe.ts");
const startLimitMs = 60_000;

export async function createGateway({ provider, limits = {}, stateDir }: GatewayOptions): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), "openclaw-soak-"));
  const state = stateDir ?? join(folder, "state");
  const configPath = join(folder, "openclaw.json");
  const logPath = join(folder, "gateway.log");
  writeFileSync(configPath, JSON.stringify(configFor(provider, limits)));
  const log = openSync(logPath, "a");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let ending = false;

  const launch = (): void => {
    ending = false;
    child = spawn(process.execPath, ["--import", probe, program, "gateway", "--port", `${port}`], {
      env: {
        ...process.env,
        NODE_ENV: "production",
        OPENCLAW_CONFIG_PATH: configPath,
        OPENCLAW_STATE_DIR: state,
        OPENCLAW_GATEWAY_TOKEN: token,
      },
      stdio: ["ignore", log, log, "ipc"],
    });
    child.once("exit", (code, signal) => {
      if (!ending) console.error(`The gateway ended by itself: ${code ?? signal}\n${lastOf(logPath)}`);
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals> => {
    if (child === undefined) return 0;
    ending = true;
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
    async start() {
      const startedAt = performance.now();
      launch();
      while (!(await isReady(url))) {
        if (child?.exitCode !== null || performance.now() - startedAt > startLimitMs) {
          throw new Error(`the gateway is not ready: ${lastOf(logPath)}`);
        }
        await sleep(5);
      }
      return performance.now() - startedAt;
    },
    end,
    async heapMegabytes() {
      if (child === undefined) throw new Error("the gateway does not run");
      const told = once(child, "message");
      child.send("heap");
      const [megabytes] = (await told) as [number];
      return megabytes;
    },
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const lastOf = (logPath: string): string => readFileSync(logPath, "utf8").slice(-4_000);

function configFor({ baseUrl }: Provider, limits: NonNullable<GatewayOptions["limits"]>): ConfigInput {
  return {
    gateway: {
      http: { endpoints: { chatCompletions: { enabled: true } } },
      tools: { allow: ["exec"] },
      limits,
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
