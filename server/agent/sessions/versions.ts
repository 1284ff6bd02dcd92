/** What makes each version of the store out of the one before, in SQL that SQLite and PostgreSQL share. Released ones stay as they are. */

const first: readonly string[] = [
  `create table sessions (
    key text primary key,
    agent_id text not null,
    credential text not null,
    created_at bigint not null,
    updated_at bigint not null,
    lease_owner text,
    lease_until bigint,
    fence integer not null
  )`,
  `create table entries (
    session_key text not null references sessions (key) on delete cascade,
    seq integer not null,
    run_id text,
    at bigint not null,
    kind text not null,
    payload text not null,
    constraint entries_key primary key (session_key, seq)
  )`,
];

/** Entries are of a conversation now, and no longer of a key; a conversation of before has its key for an id. */
const conversations: readonly string[] = [
  `create table new_entries (
    session_id text not null,
    seq integer not null,
    run_id text,
    at bigint not null,
    kind text not null,
    payload text not null,
    constraint entries_id primary key (session_id, seq)
  )`,
  `insert into new_entries (session_id, seq, run_id, at, kind, payload)
    select session_key, seq, run_id, at, kind, payload from entries order by session_key, seq`,
  `drop table entries`,
  `alter table new_entries rename to entries`,
  `create table new_sessions (
    key text primary key,
    id text not null,
    agent_id text not null,
    credential text not null,
    created_at bigint not null,
    updated_at bigint not null,
    label text,
    model text,
    thinking text,
    lease_owner text,
    lease_until bigint,
    fence integer not null
  )`,
  `insert into new_sessions
      (key, id, agent_id, credential, created_at, updated_at, lease_owner, lease_until, fence)
    select key, key, agent_id, credential, created_at, updated_at, lease_owner, lease_until, fence
    from sessions`,
  `drop table sessions`,
  `alter table new_sessions rename to sessions`,
  `create index sessions_updated on sessions (updated_at)`,
  `create table discarded (session_id text primary key)`,
];

const responses: readonly string[] = [
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

const idempotency: readonly string[] = [
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

const keys: readonly string[] = [
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

/** Version n is made by what stands at n - 1. */
export const versions: readonly (readonly string[])[] = [
  first,
  [...conversations, ...responses, ...idempotency],
  keys,
];
