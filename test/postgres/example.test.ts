/** The cluster of examples/cluster, by the commands of its README: three nodes, a real PostgreSQL and a real HAProxy. */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { packageRoot } from "../../server/lib/package.ts";
import { createCommandFolder } from "../support/clients/openclaw-command.ts";
import { parseBlocks } from "../support/documents/markdown.ts";
import { createTemporaryFolder, token } from "../support/gateway/gateway.ts";
import { findFreePort, hasProxy, proxyPath } from "../support/sockets/proxies.ts";
import { createConnectParams, openTestSocket } from "../support/sockets/socket.ts";

const folder = join(packageRoot, "examples/cluster");
const path = "examples/cluster/README.md";
const blocks = parseBlocks({ path, text: readFileSync(join(packageRoot, path), "utf8") });

interface Cluster {
  /** The address of HAProxy. */
  readonly url: string;
  /** Ends a node, by its number from 1. */
  end(node: number, signal: NodeJS.Signals): void;
  isListening(node: number): Promise<boolean>;
  /** Runs a block of the README, and resolves to its output. */
  run(block: string): Promise<string>;
}

/** Runs the block that starts everything, with free ports, a new database and new folders. */
async function startCluster(): Promise<Cluster> {
  const start = findBlock("haproxy -f");
  const ports = new Map<string, number>();
  for (const port of [18_789, 18_791, 18_792, 18_793]) ports.set(`${port}`, await findFreePort());
  const state = createTemporaryFolder();
  const place = (text: string): string =>
    text
      .replaceAll(/\b187[89]\d\b/g, (port) => `${ports.get(port) ?? port}`)
      .replaceAll("/tmp/openclaw-", `${state}/`)
      .replace(/"\$\(openssl.*?\)"/, token)
      .replace(/postgres:\/\/openclaw:secret@[^"]+/, database);
  const database = await createDatabase();
  const nodePort = (number: number): number => ports.get(`${18_790 + number}`) ?? 0;
  const env = {
    ...process.env,
    PATH: [createCommandFolder(), dirname(process.execPath), proxyPath].join(delimiter),
    OPENCLAW_GATEWAY_TOKEN: token,
    OPENCLAW_LISTEN: `127.0.0.1:${ports.get("18789")}`,
    ...Object.fromEntries(
      [1, 2, 3].map((number) => [`OPENCLAW_NODE${number}`, `127.0.0.1:${nodePort(number)}`]),
    ),
  };
  // A group of processes, so that they end with the test.
  const child = spawn("sh", ["-ec", place(start)], { cwd: packageRoot, env, detached: true });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  onTestFinished(() => void process.kill(-(child.pid ?? 0), "SIGKILL"));
  const url = `http://127.0.0.1:${ports.get("18789")}`;
  for (const number of [1, 2, 3]) {
    const isReady = async (): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${nodePort(number)}/readyz`).catch(() => undefined))?.ok === true;
    await expect
      .poll(isReady, { timeout: 120_000 })
      .toBe(true)
      .catch((error: unknown) => {
        throw new Error(`node ${number} is not ready: ${output}`, { cause: error });
      });
  }
  await expect.poll(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status).toBe(200);
  return {
    url,
    end(node, signal) {
      const pid = new RegExp(`:${nodePort(node)}\\b.*?"?pid"?[=:] ?(\\d+)`).exec(output)?.[1];
      process.kill(Number(pid), signal);
    },
    isListening: (node) =>
      fetch(`http://127.0.0.1:${nodePort(node)}/healthz`).then(
        () => true,
        () => false,
      ),
    run: async (block) =>
      (await promisify(execFile)("sh", ["-ec", place(block)], { cwd: packageRoot, env })).stdout,
  };
}

function findBlock(part: string): string {
  const block = blocks.find(({ text }) => text.includes(part));
  if (block === undefined) throw new Error(`the README has no block with ${part}`);
  return block.text;
}

/** Resolves to the address of a new database. */
async function createDatabase(): Promise<string> {
  const url = new URL(inject("postgresUrl") ?? "");
  const client = new Client(url.href);
  await client.connect();
  const name = `cluster_${randomBytes(8).toString("hex")}`;
  await client.query(`create database ${name}`);
  await client.end();
  url.pathname = name;
  return url.href;
}

test.skipIf(!hasProxy("haproxy"))(
  "the commands of the README start a cluster, which serves while a node stops and another is killed",
  { timeout: 600_000 },
  async () => {
    const cluster = await startCluster();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    expect(await cluster.run(findBlock("What is my name?"))).toContain("Your name is Ada.");

    const socket = await openTestSocket(cluster.url, { headers });
    await socket.request("connect", createConnectParams());
    const ask = (content: string, stream = false): Promise<Response> =>
      fetch(`${cluster.url}/v1/chat/completions`, {
        method: "POST",
        headers,
        body: JSON.stringify({ model: "openclaw", stream, messages: [{ role: "user", content }] }),
      });
    // Each node has some of these streams. They are longer than a node takes to be unready.
    const streams = await Promise.all(Array.from({ length: 6 }, () => ask("/slow 100ms\n/length 60", true)));
    const texts = Promise.all(streams.map((response) => response.text()));
    cluster.end(1, "SIGTERM");
    const endsAt = performance.now() + 5_000;
    const statuses = new Set<number>();
    while (performance.now() < endsAt) {
      const answer = await ask("hi");
      await answer.body?.cancel();
      statuses.add(answer.status);
    }
    expect([...statuses]).toEqual([200]);
    for (const text of await texts) expect(text).toMatch(/" 60"[^]*data: \[DONE\]\n\n$/);

    // A request that reaches it before it is dead is cut.
    cluster.end(2, "SIGKILL");
    await expect.poll(() => cluster.isListening(2)).toBe(false);
    for (let request = 0; request < 20; request += 1) {
      const answer = await ask("hi");
      expect(answer.status).toBe(200);
      await answer.body?.cancel();
    }
  },
);

test("the README names every file of the example", () => {
  const text = readFileSync(join(folder, "README.md"), "utf8");
  for (const file of ["compose.yaml", "haproxy.cfg", "openclaw.json5"]) expect(text).toContain(`\`${file}\``);
});
