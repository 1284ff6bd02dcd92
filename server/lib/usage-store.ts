/** The storage of usage: a row for each model call, and sums by hour. `server/telemetry` writes it. */

export interface UsageRow {
  /** When the call ended. Times are milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
  /** Absent for a call outside of a run, such as an embedding. */
  readonly runId?: string | undefined;
  readonly credential: string;
  readonly agentId: string;
  readonly sessionKey?: string | undefined;
  readonly provider: string;
  readonly model: string;
  readonly outcome: "ok" | "error" | "aborted";
  /** The error code of a call that failed. */
  readonly code?: string | undefined;
  /** Absent when the provider reported none. */
  readonly tokens?: TokenCounts | undefined;
  /** Millionths of a US dollar. Absent when no price is known. */
  readonly costMicroUsd?: number | undefined;
  readonly durationMs: number;
  readonly firstTokenMs?: number | undefined;
}

/** Each token belongs to one type. */
export interface TokenCounts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

export interface UsageSum extends TokenCounts {
  readonly calls: number;
  /** Calls that failed or were aborted. */
  readonly failures: number;
  /** The sum over the calls whose price is known. */
  readonly costMicroUsd: number;
  readonly unpricedCalls: number;
  readonly durationMs: number;
  /** Calls by the time of their first token: one count for each bound of `firstTokenBoundsMs`, and one above. */
  readonly firstTokenCounts: readonly number[];
}

export const firstTokenBoundsMs = [
  50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000,
] as const;

export interface UsageQuery {
  /** The start of the first hour. */
  readonly from: number;
  /** The end of the last hour. */
  readonly to: number;
  /** Only the calls of this credential. */
  readonly credential?: string | undefined;
  readonly agentId?: string | undefined;
}

/** The sums of one agent, model and credential, or of one node of them. */
export interface UsageGroup extends UsageSum {
  readonly credential: string;
  readonly agentId: string;
  readonly provider: string;
  readonly model: string;
  /** Absent in sums of all nodes, and for calls of gateways that did not store it. */
  readonly node?: string | undefined;
}

export interface SessionUsage extends Omit<UsageSum, "firstTokenCounts"> {
  readonly sessionKey: string;
  readonly agentId: string;
  /** When the last call ended. */
  readonly lastAt: number;
}

export interface RunUsageQuery {
  readonly sessionKey: string;
  readonly runIds: readonly string[];
  /** Only calls that ended at or after this time. */
  readonly from: number;
}

/** What the calls of one run have used. */
export interface RunUsage extends TokenCounts {
  readonly runId: string;
  /** Absent when a call has no known price. */
  readonly costMicroUsd?: number | undefined;
}

/** Every call rejects with `storage_unavailable` when the store fails. */
export interface UsageStore {
  /** Stores all rows or none; durable when it resolves. */
  add(rows: readonly UsageRow[]): Promise<void>;
  sum(query: UsageQuery): Promise<readonly UsageGroup[]>;
  /** Sums the calls whose rows are still kept. */
  sumByNode(query: UsageQuery): Promise<readonly UsageGroup[]>;
  /** Returns the sessions with the latest calls first. */
  sumSessions(
    query: UsageQuery & { readonly sessionKey?: string | undefined; readonly limit: number },
  ): Promise<readonly SessionUsage[]>;
  /** Returns the usage of these runs of a session, without runs whose rows were removed. */
  sumRuns(query: RunUsageQuery): Promise<readonly RunUsage[]>;
}
