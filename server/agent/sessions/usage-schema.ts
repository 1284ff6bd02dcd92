/** The tables of usage. Times are milliseconds since the epoch. */

/** One model call. It has no content. */
export interface UsageTableRow {
  readonly at: number;
  readonly request_id: string;
  readonly run_id: string | null;
  readonly credential: string;
  readonly agent_id: string;
  readonly session_key: string | null;
  readonly provider: string;
  readonly model: string;
  readonly outcome: string;
  readonly code: string | null;
  /** Null when the provider reported no tokens. */
  readonly input: number | null;
  readonly cache_read: number | null;
  readonly cache_write: number | null;
  readonly output: number | null;
  readonly reasoning: number | null;
  /** Null when no price is known. */
  readonly cost_micro_usd: number | null;
  readonly duration_ms: number;
  readonly first_token_ms: number | null;
  /** Name of the node that made the call. Null in rows of older gateways. */
  readonly node: string | null;
}

/** Calls by the time of their first token, one column for each class. */
export const firstTokenColumns = [
  "first_token_0",
  "first_token_1",
  "first_token_2",
  "first_token_3",
  "first_token_4",
  "first_token_5",
  "first_token_6",
  "first_token_7",
  "first_token_8",
  "first_token_9",
  "first_token_10",
  "first_token_11",
] as const;
export type FirstTokenColumn = (typeof firstTokenColumns)[number];

/** The sums of one hour. */
export interface UsageHourRow extends Readonly<Record<FirstTokenColumn, number>> {
  /** Start of the hour. */
  readonly hour: number;
  readonly credential: string;
  readonly agent_id: string;
  readonly provider: string;
  readonly model: string;
  readonly calls: number;
  readonly failures: number;
  readonly unpriced_calls: number;
  readonly input: number;
  readonly cache_read: number;
  readonly cache_write: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cost_micro_usd: number;
  readonly duration_ms: number;
}
