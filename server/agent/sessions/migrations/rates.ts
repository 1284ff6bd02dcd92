/** Versions of the tables of rates and lockouts that several nodes share. In SQLite they stay empty. */

export const addRates: readonly string[] = [
  `create table rate_counts (
    name text not null,
    start_at bigint not null,
    amount integer not null,
    granted integer not null,
    primary key (name, start_at)
  )`,
  `create index rate_counts_start on rate_counts (start_at)`,
  `create table credential_failures (
    address text primary key,
    count integer not null,
    window_ends bigint not null,
    locked_until bigint not null
  )`,
  `create index credential_failures_window on credential_failures (window_ends)`,
];
