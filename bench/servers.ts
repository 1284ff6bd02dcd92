/** The processes of the bench. Each is started as its users start it, and polled until it answers. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../contracts/config/config.ts";
import { freePort } from "./free-port.ts";
import { unstreamedRequest } from "./script.ts";

/** The compared servers. The peer is Portkey's gateway. */
export const serverNames = ["pass-through", "peer", "gateway"] as const;
export type ServerName = (typeof serverNames)[number];

export interface Server {
  /** The address of `POST /v1/chat/completions`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  /** Milliseconds from the start of the process to its first complete response. */
  readonly firstAnswerMs: number;
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

interface Program {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, "..");
const token = "bench-token-of-no-importance";
const startLimitMs = 30_000;

export function startUpstream(environment: BenchEnvironment): Promise<Server> {
  return start("upstream", environment, (port) => ({
    args: [join(import.meta.dirname, "upstream.ts")],
    env: { PORT: String(port) },
  }));
}

/** `upstream` is the origin of the upstream. */
export function startServer(
  name: ServerName,
  upstream: string,
  environment: BenchEnvironment,
): Promise<Server> {
  return start(name, environment, (port) => {
    if (name === "pass-through") return createPassThroughProgram(port, upstream);
    return name === "peer"
      ? createPeerProgram(port, upstream)
      : createGatewayProgram(port, upstream, environment);
  });
}

const createPassThroughProgram = (port: number, upstream: string): Program => ({
  args: [join(import.meta.dirname, "pass-through.ts")],
  env: { PORT: String(port), UPSTREAM: upstream },
});

/** Portkey trusts loopback addresses as custom hosts by default. */
const createPeerProgram = (port: number, upstream: string): Program => ({
  args: [
    join(import.meta.dirname, "node_modules/@portkey-ai/gateway/build/start-server.js"),
    `--port=${port}`,
    "--headless",
  ],
  headers: { "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1` },
});

function createGatewayProgram(
  port: number,
  upstream: string,
  { folder, dist, profileFolder }: BenchEnvironment,
): Program {
  const config: ConfigInput = {
    gateway: {
      http: {
        endpoints: {
          chatCompletions: { enabled: true },
          responses: { enabled: true },
          messages: { enabled: true },
        },
      },
      limits: { maxConcurrentRuns: 2_000 },
    },
    agents: { defaults: { model: "scripted/scripted" } },
    // Without tools the gateway sends no tool definitions upstream, like the other servers.
    tools: { deny: ["*"] },
    models: { providers: { scripted: { baseUrl: `${upstream}/v1`, models: [{ id: "scripted" }] } } },
  };
  const path = join(folder, "openclaw.json");
  writeFileSync(path, JSON.stringify(config));
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`];
  return {
    args: [...profile, join(root, dist ? "dist/cli/main.js" : "cli/main.ts"), "gateway", "--port", `${port}`],
    env: {
      OPENCLAW_CONFIG_PATH: path,
      OPENCLAW_STATE_DIR: join(folder, "state"),
      OPENCLAW_GATEWAY_TOKEN: token,
    },
    headers: { authorization: `Bearer ${token}` },
  };
}

async function start(
  name: string,
  { folder }: BenchEnvironment,
  createProgram: (port: number) => Program,
): Promise<Server> {
  const port = await freePort();
  const { args, env = {}, headers = {} } = createProgram(port);
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, "w");
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_ENV: "production", ...env },
    stdio: ["ignore", log, log],
  });
  const server = {
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: { "content-type": "application/json", ...headers },
  };
  while (!(await isAnswering(server))) {
    if (child.exitCode !== null || performance.now() - startedAt > startLimitMs) {
      child.kill("SIGKILL");
      throw new Error(`${name} does not answer: ${readFileSync(logPath, "utf8").slice(-2_000)}`);
    }
    await sleep(5);
  }
  const firstAnswerMs = performance.now() - startedAt;
  return { ...server, pid: child.pid ?? 0, firstAnswerMs, stop: () => stop(child) };
}

async function isAnswering({ url, headers }: Pick<Server, "url" | "headers">): Promise<boolean> {
  try {
    const response = await fetch(url, { method: "POST", headers, body: unstreamedRequest });
    const text = await response.text();
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
