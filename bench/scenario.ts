/** What a scenario gets, and what it returns. */
import type { MetricValues } from "./metrics.ts";
import type { BenchEnvironment, Server, ServerName, ServerOptions } from "./servers.ts";

/** The values of the servers in one round: they ran one after another, under the same conditions. */
export type Round = Partial<Readonly<Record<ServerName, MetricValues>>>;

export interface BenchContext {
  /** The servers to compare. They run. */
  readonly servers: ReadonlyMap<ServerName, Server>;
  readonly upstream: Server;
  readonly effort: Effort;
  readonly environment: BenchEnvironment;
  /** Starts another process of the server. The scenario stops it. */
  start(name: ServerName, options?: Omit<ServerOptions, "upstream">): Promise<Server>;
}

export interface Effort {
  /** Windows of 400 ms in which a load applies to each server. */
  readonly windows: number;
  /** Rounds of what does not run in windows. */
  readonly rounds: number;
  readonly requests: number;
  /** Chunks of each paced stream, at 20 a second. */
  readonly pacedChunks: number;
  /** Turns of the long session, before the one that is measured. */
  readonly sessionTurns: number;
  /** Idle sockets: the first are not counted. */
  readonly sockets: readonly [first: number, counted: number];
  readonly expiredResponses: number;
}

export const fullEffort: Effort = {
  windows: 12,
  rounds: 3,
  requests: 800,
  pacedChunks: 200,
  sessionTurns: 5_000,
  sockets: [1_000, 5_000],
  expiredResponses: 100_000,
};
export const quickEffort: Effort = {
  windows: 3,
  rounds: 1,
  requests: 300,
  pacedChunks: 60,
  sessionTurns: 500,
  sockets: [500, 500],
  expiredResponses: 5_000,
};

export type Scenario = (context: BenchContext) => Promise<readonly Round[]>;

/** Keeps the servers of a context that are in the list. */
export function selectServers(
  { servers }: BenchContext,
  names: readonly ServerName[],
): readonly (readonly [ServerName, Server])[] {
  return [...servers].filter(([name]) => names.includes(name));
}

export function requireServer({ servers }: BenchContext, name: ServerName): Server {
  const server = servers.get(name);
  if (server === undefined) throw new Error(`${name} does not run`);
  return server;
}
