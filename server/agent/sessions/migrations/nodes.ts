/** The tables of the nodes that share a database. In SQLite they stay empty. */

export const addNodes: readonly string[] = [
  `create table nodes (
    id text primary key,
    name text not null,
    version text not null,
    started_at bigint not null,
    lease_until bigint not null
  )`,
  `create table session_waiters (
    session_key text not null,
    node text not null,
    since bigint not null,
    waits_until bigint not null,
    primary key (session_key, node)
  )`,
  `create table secrets (name text primary key, value text not null)`,
  `alter table responses add column node text`,
  `alter table idempotency add column node text`,
  `alter table store add column min_version integer not null default 0`,
];

/** What a node does, and where a model was called. */
export const addNodeLoads: readonly string[] = [
  `alter table nodes add column runs integer not null default 0`,
  `alter table nodes add column draining integer not null default 0`,
  `alter table usage add column node text`,
];
