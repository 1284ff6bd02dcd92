/** Three gateways on a real PostgreSQL, behind HAProxy with the configuration of examples/cluster. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../bench/free-port.ts";
import type { ConfigInput } from "../../contracts/config/config.ts";
import { findPostgres, startPostgres, type PostgresServer } from "../../test/support/postgres/server.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import { startProvider, type Provider } from "../provider.ts";

export interface Cluster extends AsyncDisposable {
  /** The address of HAProxy. */
  readonly url: string;
  readonly nodes: readonly Gateway[];
  readonly provider: Provider;
  readonly database: PostgresServer;
}

interface ClusterOptions {
  readonly config?: ConfigInput;
  /** Default: a new server. */
  readonly database?: PostgresServer;
  /** The address of the database for the nodes. Default: the server itself. */
  readonly databaseUrl?: string;
}

const nodeCount = 3;
const path = [process.env["PATH"], "/usr/sbin", "/sbin"].join(":");

/** Returns why no cluster can run here. */
export function findMissing(): string | undefined {
  const postgres = findPostgres();
  if ("reason" in postgres) return postgres.reason;
  const { status } = spawnSync("haproxy", ["-v"], { env: { PATH: path } });
  return status === 0 ? undefined : "HAProxy is not installed";
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const database = options.database ?? (await startPostgres(["max_connections = 200"]));
  if (options.database === undefined) stack.defer(database.remove);
  const provider = stack.use(await startProvider());
  const config = createNodeConfig(provider, options.databaseUrl ?? database.url, options.config);
  const nodes: Gateway[] = [];
  for (let number = 0; number < nodeCount; number += 1) {
    const node = stack.use(await createGateway({ config }));
    await node.start();
    nodes.push(node);
  }
  const variables = Object.fromEntries(
    nodes.map((node, index) => [`OPENCLAW_NODE${index + 1}`, new URL(node.url).host]),
  );
  const url = await startProxy(
    stack,
    join(import.meta.dirname, "../../examples/cluster/haproxy.cfg"),
    variables,
  );
  while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) await sleep(50);
  const resources = stack.move();
  return { url, nodes, provider, database, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** The configuration of a node, with limits that let a rig ask as much as it likes. */
export function createNodeConfig({ baseUrl }: Provider, url: string, config: ConfigInput = {}): ConfigInput {
  return {
    ...config,
    gateway: {
      ...config.gateway,
      http: { endpoints: { chatCompletions: { enabled: true }, responses: { enabled: true } } },
      limits: {
        maxConcurrentRuns: 1_000,
        maxWaitingRuns: 1_000,
        maxWaitMs: 120_000,
        drainDelayMs: 3_000,
        ...config.gateway?.limits,
      },
    },
    session: { store: { type: "postgres", url } },
    agents: { defaults: { model: "scripted/scripted" } },
    models: { providers: { scripted: { baseUrl, models: [{ id: "scripted" }] } } },
  };
}

/** Starts HAProxy with this file and these variables. Resolves to its address. It ends with the stack. */
export async function startProxy(
  stack: AsyncDisposableStack,
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const port = await freePort();
  const child = spawn("haproxy", ["-db", "-q", "-f", file], {
    env: { ...process.env, PATH: path, ...variables, OPENCLAW_LISTEN: `127.0.0.1:${port}` },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  stack.defer(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return `http://127.0.0.1:${port}`;
}
