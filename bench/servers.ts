/** The processes of the bench: each is started as its users start it, and asked until it answers. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConfigInput } from "../contracts/config/config.ts";
import { freePort } from "./free-port.ts";
import { wholeRequest } from "./script.ts";

/** What is compared. The peer is Portkey's gateway. */
export const serverNames = ["pass-through", "peer", "gateway"] as const;
export type ServerName = (typeof serverNames)[number];

export interface Server {
  /** Of `POST /v1/chat/completions`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly pid: number;
  /** From the start of the process to its first whole answer. */
  readonly firstAnswerMs: number;
  stop(): Promise<void>;
}

export interface Surroundings {
  /** For configuration, state and logs. */
  readonly folder: string;
  /** The built gateway instead of the sources. */
  readonly dist: boolean;
  /** Where the gateway leaves a CPU profile when it ends. */
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

export function startUpstream(surroundings: Surroundings): Promise<Server> {
  return start("upstream", surroundings, (port) => ({
    args: [join(import.meta.dirname, "upstream.ts")],
    env: { PORT: String(port) },
  }));
}

/** `upstream` is the origin of the upstream. */
export function startServer(name: ServerName, upstream: string, surroundings: Surroundings): Promise<Server> {
  return start(name, surroundings, (port) => {
    if (name === "pass-through") return passThrough(port, upstream);
    return name === "peer" ? peer(port, upstream) : gateway(port, upstream, surroundings);
  });
}

const passThrough = (port: number, upstream: string): Program => ({
  args: [join(import.meta.dirname, "pass-through.ts")],
  env: { PORT: String(port), UPSTREAM: upstream },
});

/** Its loopback addresses are trusted as custom hosts by default. */
const peer = (port: number, upstream: string): Program => ({
  args: [
    join(import.meta.dirname, "node_modules/@portkey-ai/gateway/build/start-server.js"),
    `--port=${port}`,
    "--headless",
  ],
  headers: { "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1` },
});

function gateway(port: number, upstream: string, { folder, dist, profileFolder }: Surroundings): Program {
  const config: ConfigInput = {
    gateway: {
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
      limits: { maxConcurrentRuns: 2_000 },
    },
    agents: { defaults: { model: "scripted/scripted" } },
    // The definitions of ten tools go with every request of an agent that has them: the others have none to send.
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
  { folder }: Surroundings,
  programFor: (port: number) => Program,
): Promise<Server> {
  const port = await freePort();
  const { args, env = {}, headers = {} } = programFor(port);
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
  while (!(await answers(server))) {
    if (child.exitCode !== null || performance.now() - startedAt > startLimitMs) {
      child.kill("SIGKILL");
      throw new Error(`${name} does not answer: ${readFileSync(logPath, "utf8").slice(-2_000)}`);
    }
    await sleep(5);
  }
  const firstAnswerMs = performance.now() - startedAt;
  return { ...server, pid: child.pid ?? 0, firstAnswerMs, stop: () => stop(child) };
}

async function answers({ url, headers }: Pick<Server, "url" | "headers">): Promise<boolean> {
  try {
    const response = await fetch(url, { method: "POST", headers, body: wholeRequest });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
    return true;
  } catch (error) {
    // What `fetch` throws as long as nobody listens.
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exited;
  clearTimeout(patience);
}
