/** Versions of the tables of responses and idempotency keys. */

export const addResponses: readonly string[] = [
  `create table responses (
    id text primary key,
    agent_id text not null,
    credential text not null,
    previous_id text,
    session_key text,
    status text not null,
    background integer not null,
    whole integer not null,
    turn_count integer not null,
    event_count integer not null,
    created_at bigint not null,
    expires_at bigint not null
  )`,
  `create index responses_previous on responses (previous_id)`,
  `create index responses_expiry on responses (expires_at)`,
  `create table response_documents (
    response_id text not null,
    name text not null,
    payload text not null,
    primary key (response_id, name)
  )`,
  `create table response_turns (
    response_id text not null,
    seq integer not null,
    payload text not null,
    primary key (response_id, seq)
  )`,
  `create table response_events (
    response_id text not null,
    seq integer not null,
    count integer not null,
    payload text not null,
    primary key (response_id, seq)
  )`,
];

export const addIdempotency: readonly string[] = [
  `create table idempotency (
    id text primary key,
    fingerprint text not null,
    claim text,
    status integer,
    headers text,
    body text,
    expires_at bigint not null
  )`,
  `create index idempotency_expiry on idempotency (expires_at)`,
];
