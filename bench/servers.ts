/** The processes of the bench. Each is started as its users start it, and polled until it answers. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../contracts/config/config.ts";
import { freePort } from "./free-port.ts";
import { readCpuMicroseconds } from "./measure.ts";
import { programs, type Program } from "./programs.ts";
import { createUnstreamedRequest } from "./requests.ts";

/** The servers that each run compares. */
export const defaultServers = ["pass-through", "floor", "portkey", "llms", "gateway"] as const;
/** Servers that the machine may have. */
export const installedServers = ["litellm", "openclaw"] as const;
export type ServerName = (typeof defaultServers | typeof installedServers)[number];

export interface Server {
  /** The address of `POST /v1/chat/completions`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The name by which a request asks for the scripted model. */
  readonly model: string;
  readonly pid: number;
  /** Milliseconds from the start of the process to its first complete response. */
  readonly firstAnswerMs: number;
  /** CPU time that the process took until then, in milliseconds. */
  readonly firstAnswerCpuMs: number;
  stop(): Promise<void>;
}

export interface BenchEnvironment {
  /** Holds configuration, state and logs. */
  readonly folder: string;
  /** Runs the built gateway instead of the sources. */
  readonly dist: boolean;
  /** The folder for the gateway's CPU profile, which is written when it exits. */
  readonly profileFolder: string | undefined;
}

export interface ServerOptions {
  /** The origin of the model provider. */
  readonly upstream: string;
  /** Changes the configuration of the gateway. */
  readonly changeConfig?: (config: ConfigInput) => ConfigInput;
  /** Keeps the gateway's state apart from that of other gateways. */
  readonly stateName?: string;
}

const startLimitMs = 60_000;

export function startUpstream(environment: BenchEnvironment): Promise<Server> {
  return start("upstream", environment, {
    command: process.execPath,
    args: [join(import.meta.dirname, "programs/upstream.ts")],
    model: "scripted",
  });
}

export function startServer(
  name: ServerName,
  options: ServerOptions,
  environment: BenchEnvironment,
): Promise<Server> {
  return start(options.stateName ?? name, environment, programs[name](options, environment));
}

async function start(name: string, { folder }: BenchEnvironment, program: Program): Promise<Server> {
  const port = await freePort();
  const { command, args, portArgs = () => [], env = {}, headers = {}, model } = program;
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, "w");
  const startedAt = performance.now();
  const child = spawn(command, [...args, ...portArgs(port)], {
    env: { ...process.env, NODE_ENV: "production", PORT: String(port), ...env },
    stdio: ["ignore", log, log],
  });
  const server = {
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: { "content-type": "application/json", ...headers },
    model,
  };
  const spawned = await Promise.race([
    once(child, "spawn").then(() => undefined),
    once(child, "error").then(([error]) => error as Error),
  ]);
  if (spawned !== undefined) throw new Error(`${name} cannot be started: ${spawned.message}`);
  while (!(await isAnswering(server))) {
    if (child.exitCode !== null || performance.now() - startedAt > startLimitMs) {
      child.kill("SIGKILL");
      throw new Error(`${name} does not answer: ${readFileSync(logPath, "utf8").slice(-2_000)}`);
    }
    await sleep(5);
  }
  const firstAnswerMs = performance.now() - startedAt;
  const pid = child.pid ?? 0;
  const firstAnswerCpuMs = readCpuMicroseconds(pid) / 1_000;
  return { ...server, pid, firstAnswerMs, firstAnswerCpuMs, stop: () => stop(child) };
}

async function isAnswering({
  url,
  headers,
  model,
}: Pick<Server, "url" | "headers" | "model">): Promise<boolean> {
  try {
    const response = await fetch(url, { method: "POST", headers, body: createUnstreamedRequest(model) });
    const text = await response.text();
    // Some servers listen before their routes are ready.
    if (response.status === 404 || response.status === 503) return false;
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
    return true;
  } catch (error) {
    // `fetch` throws a TypeError while nobody listens.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const killTimer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exited;
  clearTimeout(killTimer);
}
