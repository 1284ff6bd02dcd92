/** The storage of the spending of keys and agents in a minute, a day and a month. */

export interface Spending {
  /** `key <name>` or `agent <id>`. */
  readonly subject: string;
  /** Minutes are stored where several nodes share them. */
  readonly period: "minute" | "day" | "month";
  /** Start of the minute, day or month in UTC: milliseconds since the epoch. */
  readonly start: number;
  readonly tokens: number;
  readonly costMicroUsd: number;
}

/** Every call rejects with `storage_unavailable` when the store fails. */
export interface BudgetStore {
  /** Returns the sums of days and months that began at this time or later. */
  list(from: number): Promise<readonly Spending[]>;
  /** Adds to the sums, all or none. Resolves to the new sums, in the same order, when they are durable. */
  add(spending: readonly Spending[]): Promise<readonly Spending[]>;
}
