/** A gateway of two processes on one port: `gateway.workers`. */
import { once } from "node:events";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readRunFile } from "../../cli/run-file.ts";
import type { ConfigInput } from "../../contracts/config/config.ts";
import {
  chatConfig,
  createChatBody,
  createTemporaryFolder,
  postChat,
  token,
} from "../support/gateway/gateway.ts";
import {
  spawnOpenclaw,
  startGatewayProcess,
  type GatewayProcess,
} from "../support/gateway/gateway-process.ts";
import { readOutcomes } from "../support/gateway/run-log.ts";
import { createSharedConfig } from "../support/postgres/nodes.ts";
import { parseOpenMetrics, sumSamples, type ParsedFamily } from "../support/telemetry/parse-metrics.ts";

const createConfig = (overrides: ConfigInput = {}): ConfigInput => {
  const { gateway, ...shared } = createSharedConfig(overrides);
  return { ...shared, gateway: { ...gateway, workers: 2 } };
};

interface Readiness {
  readonly ready: boolean;
  readonly node: { readonly name: string };
}

/** Each request has a connection of its own: the workers get them in turn. */
async function send(
  { url }: GatewayProcess,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const sent = request(`${url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    agent: false,
    // A connection that was on its way to a killed worker stays silent.
    signal: AbortSignal.timeout(10_000),
    headers: {
      ...headers,
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    },
  }).end(body && JSON.stringify(body));
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await json(answer) };
}

const ask = async (
  gateway: GatewayProcess,
  content: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> => (await send(gateway, "/v1/chat/completions", createChatBody(content), headers)).status;

const readNode = async (gateway: GatewayProcess): Promise<string> =>
  ((await send(gateway, "/readyz")).body as Readiness).node.name;

interface LogLine {
  readonly message: string;
  readonly node: string;
  readonly pid: number;
}

/** The process ids of the workers by their names, as the log says. The newest counts. */
function readWorkerPids(gateway: GatewayProcess): ReadonlyMap<string, number> {
  const starts = gateway.output().matchAll(/"node":"([^"]+)".*"pid":(\d+).*"message":"gateway started"/g);
  return new Map([...starts].map(([, name = "", pid]) => [name, Number(pid)]));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface History {
  readonly messages: readonly {
    readonly role: string;
    readonly content: readonly { readonly text: string }[];
  }[];
}

interface Status {
  readonly drain: { readonly requests: number };
  readonly runs: { readonly active: number };
}

async function readMetrics(gateway: GatewayProcess): Promise<ReadonlyMap<string, ParsedFamily>> {
  const headers = { authorization: `Bearer ${token}`, accept: "application/openmetrics-text" };
  return parseOpenMetrics(await (await fetch(`${gateway.url}/metrics`, { headers })).text());
}

const countMatches = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

test("two workers share a port and are replaced when they are killed, and SIGTERM lets both finish their streams", async () => {
  const secret = "canary-provider-key";
  const gateway = await startGatewayProcess({ config: createConfig(), env: { FAVOURITE: secret } });
  const { child, stateDir, url } = gateway;
  expect(gateway.output()).toContain("Workers      2 processes");
  expect(readRunFile(stateDir)).toEqual({ url, pid: child.pid });
  await expect.poll(() => readWorkerPids(gateway).size).toBe(2);
  const pids = readWorkerPids(gateway);
  expect([...pids.keys()].map((name) => name.replace(/^.*:/, "")).toSorted()).toEqual([
    `${child.pid}-1`,
    `${child.pid}-2`,
  ]);
  const nodes = new Set([await readNode(gateway), await readNode(gateway)]);
  expect(nodes).toEqual(new Set(pids.keys()));
  if (process.platform === "linux")
    for (const pid of pids.values())
      expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain(secret);

  // Nobody is left who has the port.
  for (const pid of pids.values()) process.kill(pid, "SIGKILL");
  const isReplaced = (): boolean =>
    [...readWorkerPids(gateway)].every(([name, pid]) => pids.get(name) !== pid);
  await expect.poll(isReplaced).toBe(true);
  expect(gateway.output()).toMatch(
    /"level":"error".*"code":null,"signal":"SIGKILL".*"message":"a worker has ended and is replaced"/,
  );

  const prompt = "/slow 100ms\n/length 30";
  const streams = await Promise.all(
    Array.from({ length: 4 }, () => postChat(url, createChatBody(prompt, { stream: true }))),
  );
  const exit = gateway.end("SIGTERM");
  // A terminal and some service managers send the signal to all processes.
  for (const each of readWorkerPids(gateway).values()) process.kill(each, "SIGTERM");
  for (const stream of streams) expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/);
  expect(await exit).toBe(0);
  const output = gateway.output();
  expect(readOutcomes([output])).toEqual(["stop", "stop", "stop", "stop"]);
  const runNodes = output.matchAll(/"node":"([^"]+)".*"message":"run"/g);
  expect(new Set([...runNodes].map(([, node]) => node))).toEqual(nodes);
  expect(countMatches(output, /^Gateway +/gm)).toBe(1);
  expect(countMatches(output, /waiting for running requests/g)).toBe(1);
  expect(countMatches(output, /"message":"gateway stopped"/g)).toBe(2);
  expect(readRunFile(stateDir)).toBeUndefined();
});

test("the workers have one log file, SIGHUP reaches all of them, and a second signal ends them", async () => {
  const folder = createTemporaryFolder();
  const config = createConfig({
    gateway: { ...chatConfig.gateway, reload: { mode: "off" } },
    logging: { file: join(folder, "gateway.log"), maxFileBytes: 4_096 },
  });
  const gateway = await startGatewayProcess({ config });
  const { url, child, configPath } = gateway;
  const readLines = (): readonly LogLine[] =>
    readdirSync(folder)
      .flatMap((name) => readFileSync(join(folder, name), "utf8").trim().split("\n"))
      .map((line) => JSON.parse(line) as LogLine);
  for (let question = 0; question < 20; question += 1) await ask(gateway, `question ${question}`);
  await expect.poll(() => readLines().filter(({ message }) => message === "run").length).toBe(20);
  const runNodes = readLines().flatMap(({ message, node }) => (message === "run" ? [node] : []));
  expect(runNodes.filter((node) => node === runNodes[0])).toHaveLength(10);
  expect(readdirSync(folder).length).toBeGreaterThan(1);

  const { gateway: settings } = config;
  writeFileSync(configPath, JSON.stringify({ ...config, gateway: { ...settings, http: {} } }));
  child.kill("SIGHUP");
  await expect.poll(async () => [await ask(gateway, "hi"), await ask(gateway, "hi")]).toEqual([404, 404]);
  writeFileSync(configPath, "{ broken");
  child.kill("SIGHUP");
  await expect.poll(() => readLines().map(({ message }) => message)).toContain("configuration not applied");
  writeFileSync(configPath, JSON.stringify(config));
  child.kill("SIGHUP");
  await expect.poll(async () => [await ask(gateway, "hi"), await ask(gateway, "hi")]).toEqual([200, 200]);
  const readChanges = (): readonly string[] =>
    readLines().flatMap(({ message }) => (message.startsWith("configuration") ? [message] : []));
  const applied = "configuration applied";
  await expect.poll(() => readChanges().toSorted()).toEqual([applied, applied, "configuration not applied"]);
  const pids = readLines().flatMap(({ message, pid }) => (message === "gateway started" ? [pid] : []));
  expect(pids).toHaveLength(2);
  const stream = await postChat(url, createChatBody("/stall after 3", { stream: true }));
  child.kill("SIGTERM");
  await expect.poll(() => gateway.output()).toContain("Send a signal to exit at once.");
  const exit = gateway.end("SIGINT");
  await expect(stream.text()).rejects.toThrow();
  expect(await exit).toBe(130);
  for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
});

test("metrics and health are those of all workers, whichever answers, and counters do not fall when one dies", async () => {
  const config = createConfig({
    gateway: { http: { ...chatConfig.gateway?.http, metrics: { enabled: true } } },
  });
  const gateway = await startGatewayProcess({ config });
  const questions = 21;
  for (let question = 0; question < questions; question += 1) expect(await ask(gateway, "hi")).toBe(200);
  const readRuns = async (): Promise<readonly number[]> => {
    const families = await readMetrics(gateway);
    return [
      sumSamples(families, "openclaw_run_completed_total", { outcome: "completed" }),
      sumSamples(families, "openclaw_run_duration_seconds_count"),
      sumSamples(families, "openclaw_http_requests_total", { route: "/v1/chat/completions" }),
      sumSamples(families, "openclaw_gateway_workers"),
      sumSamples(families, "openclaw_gateway_worker_exits_total"),
      sumSamples(families, "openclaw_sessions"),
      sumSamples(families, "openclaw_nodes"),
    ];
  };
  await expect.poll(readRuns).toEqual([questions, questions, questions, 2, 0, 0, 2]);
  expect(await readRuns()).toEqual([questions, questions, questions, 2, 0, 0, 2]);

  const streams = await Promise.all(
    [1, 2, 3].map(() =>
      postChat(gateway.url, createChatBody("/stall after 3", { stream: true }), {
        headers: { connection: "close" },
      }),
    ),
  );
  // A worker that is too busy to respond within a second is left out.
  const readLoad = async (): Promise<readonly number[]> => {
    const { drain, runs } = (await send(gateway, "/readyz")).body as Status;
    return [drain.requests, runs.active];
  };
  for (let round = 0; round < 2; round += 1) await expect.poll(readLoad).toEqual([4, 3]);
  await Promise.all(streams.map(async ({ body }) => body?.cancel()));
  await expect.poll(async () => sumSamples(await readMetrics(gateway), "openclaw_runs_active")).toBe(0);

  await expect.poll(() => readWorkerPids(gateway).size).toBe(2);
  const [pid = 0] = readWorkerPids(gateway).values();
  process.kill(pid, "SIGKILL");
  await expect.poll(async () => (await readRuns()).slice(3, 5)).toEqual([2, 1]);
  expect((await readRuns())[0]).toBe(questions);
  expect(await ask(gateway, "hi")).toBe(200);
  await expect.poll(async () => (await readRuns())[0]).toBe(questions + 1);
});

test("nothing that was acknowledged is lost when a worker is killed under load", async () => {
  const gateway = await startGatewayProcess({ config: createConfig() });
  await expect.poll(() => readWorkerPids(gateway).size).toBe(2);
  const [pid = 0] = readWorkerPids(gateway).values();
  const sessions = Array.from({ length: 8 }, (_, index) => `load-${index}`);
  let acknowledgedTurns = 0;
  /** Asks one question after the other, until one is not answered. */
  const askAll = async (session: string): Promise<readonly string[]> => {
    const acknowledged: string[] = [];
    for (let question = 0; question < 30; question += 1) {
      const text = `question ${question}`;
      const status = await ask(gateway, text, { "x-openclaw-session-key": session }).catch(() => undefined);
      if (status !== 200) break;
      acknowledged.push(text);
      acknowledgedTurns += 1;
      if (acknowledgedTurns === 60) process.kill(pid, "SIGKILL");
    }
    return acknowledged;
  };
  const results = await Promise.all(sessions.map(askAll));
  expect(acknowledgedTurns).toBeGreaterThan(60);
  expect(gateway.output()).toContain("a worker has ended and is replaced");

  for (const [index, acknowledged] of results.entries()) {
    const { body } = await send(gateway, `/sessions/${sessions[index]}/history?limit=1000`);
    // A session whose first question was not acknowledged may not exist.
    const { messages = [] } = body as Partial<History>;
    const answered = messages.filter((_, place) => messages[place + 1]?.role === "assistant");
    expect(answered.map(({ role }) => role)).toEqual(answered.map(() => "user"));
    // The question that was not acknowledged may have been stored, and answered.
    expect(answered.map(({ content }) => content[0]?.text).slice(0, acknowledged.length)).toEqual(
      acknowledged,
    );
    expect(answered.length - acknowledged.length).toBeOneOf([0, 1]);
  }
  expect(await gateway.end("SIGTERM")).toBe(0);
});

test("a port that is taken is one error, once", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const folder = createTemporaryFolder();
  const configPath = join(folder, "openclaw.json");
  writeFileSync(configPath, JSON.stringify(createConfig()));
  const { child, output } = spawnOpenclaw(["gateway", "--port", String(port)], {
    OPENCLAW_CONFIG_PATH: configPath,
    OPENCLAW_STATE_DIR: folder,
    OPENCLAW_GATEWAY_TOKEN: token,
  });
  expect(await once(child, "close")).toEqual([1, null]);
  const owner = `Port ${port} is taken by another program${process.platform === "linux" ? ` (pid ${process.pid})` : ""}.`;
  expect(output()).toBe(`${owner} Stop it, or choose another port with --port.\n`);
});
