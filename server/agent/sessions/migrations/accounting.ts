/** Versions of the tables of keys, usage, budgets and the audit log. */

export const addKeys: readonly string[] = [
  `create table keys (
    name text primary key,
    digest text not null,
    scopes text not null,
    agents text,
    requests_per_minute integer,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint
  )`,
  `create unique index keys_digest on keys (digest)`,
];

export const addUsage: readonly string[] = [
  `create table usage (
    at bigint not null,
    request_id text not null,
    run_id text,
    credential text not null,
    agent_id text not null,
    session_key text,
    provider text not null,
    model text not null,
    outcome text not null,
    code text,
    input bigint, cache_read bigint, cache_write bigint, output bigint, reasoning bigint,
    cost_micro_usd bigint,
    duration_ms bigint not null,
    first_token_ms bigint
  )`,
  `create index usage_at on usage (at)`,
  `create index usage_session on usage (session_key, at)`,
  `create table usage_hours (
    hour bigint not null,
    credential text not null,
    agent_id text not null,
    provider text not null,
    model text not null,
    calls bigint not null, failures bigint not null, unpriced_calls bigint not null, duration_ms bigint not null,
    input bigint not null, cache_read bigint not null, cache_write bigint not null, output bigint not null,
    reasoning bigint not null, cost_micro_usd bigint not null,
    first_token_0 bigint not null, first_token_1 bigint not null, first_token_2 bigint not null, first_token_3 bigint not null,
    first_token_4 bigint not null, first_token_5 bigint not null, first_token_6 bigint not null, first_token_7 bigint not null,
    first_token_8 bigint not null, first_token_9 bigint not null, first_token_10 bigint not null, first_token_11 bigint not null,
    primary key (hour, credential, agent_id, provider, model)
  )`,
];

export const addBudgetsAndAudit: readonly string[] = [
  `create table budgets (
    subject text not null,
    period text not null,
    start_at bigint not null,
    tokens bigint not null,
    cost_micro_usd bigint not null,
    primary key (subject, period, start_at)
  )`,
  `create table audit (
    seq bigint primary key,
    at bigint not null,
    action text not null,
    actor text,
    address text,
    target text,
    agent_id text,
    run_id text,
    request_id text,
    outcome text not null,
    code text,
    hash text not null
  )`,
  `create table audit_anchor (seq bigint not null, hash text not null)`,
];
