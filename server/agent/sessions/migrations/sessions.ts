/** Versions of the tables of sessions and of the store itself. */

export const createSessions: readonly string[] = [
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

/** Entries belong to a conversation instead of a key. The id of an older conversation is its key. */
export const addConversations: readonly string[] = [
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

/** New turns have parts, which older gateways cannot read. Older turns stay as they are: `readStoredTurn` converts them. */
export const addParts: readonly string[] = [];

export const addClock: readonly string[] = [
  `create table clock (seen_at bigint not null, steady_ms bigint not null, latest_at bigint not null)`,
];

export const addWriteCount: readonly string[] = [
  `alter table store add column writes integer not null default 0`,
];

const name = "substr(key, length(agent_id) + 8)";
const isLimited = "credential <> 'operator' and substr(credential, 1, 9) <> 'operator:'";
const hasAgent = "substr(key, 1, length(agent_id) + 7) = 'agent:' || agent_id || ':'";
const isMain = `${name} = 'main:' || credential`;
const isUser = `substr(${name}, 1, length(credential) + 6) = 'user:' || credential || ':'`;
const keyPrefix = "'agent:' || agent_id || ':key:' || credential || ':'";

/**
 * The sessions of limited keys get names with the prefix of their key. `main:<key>` and `user:<key>:…` lose the name that the
 * prefix has now. Names of others that begin with `key:` make room.
 */
export const addKeyPrefixes: readonly string[] = [
  `create table renamed_keys (old_key text primary key, new_key text not null unique)`,
  `insert into renamed_keys (old_key, new_key)
    select key, 'agent:' || agent_id || ':old-' || ${name} from sessions
    where not (${isLimited}) and ${hasAgent} and substr(${name}, 1, 4) = 'key:'`,
  `insert into renamed_keys (old_key, new_key)
    select key, ${keyPrefix} || ${name} from sessions
    where ${isLimited} and ${hasAgent} and not (${isMain}) and not (${isUser})`,
  `insert into renamed_keys (old_key, new_key)
    select key, ${keyPrefix} || case when ${isMain} then 'main' else 'user:' || substr(${name}, length(credential) + 7) end
    from sessions where ${isLimited} and ${hasAgent} and (${isMain} or ${isUser}) on conflict do nothing`,
  `insert into renamed_keys (old_key, new_key)
    select key, ${keyPrefix} || ${name} from sessions
    where ${isLimited} and ${hasAgent} and key not in (select old_key from renamed_keys)`,
  // In two steps: a new key may be the old one of another session.
  `update sessions set key = '~' || (select new_key from renamed_keys where old_key = key)
    where key in (select old_key from renamed_keys)`,
  `update sessions set key = substr(key, 2) where substr(key, 1, 1) = '~'`,
  `update responses set session_key = (select new_key from renamed_keys where old_key = session_key)
    where session_key in (select old_key from renamed_keys)`,
  `drop table renamed_keys`,
];

/** Entries of older gateways have no checksum. */
export const addChecksums: readonly string[] = [
  `alter table entries add column checksum bigint`,
  `alter table store add column id text not null default ''`,
];

/** A session with a `conversation_id` is a conversation of OpenAI's API. Its `agent_id` is empty until its first run. */
export const addOpenAiConversations: readonly string[] = [
  `alter table sessions add column conversation_id text`,
  `alter table sessions add column metadata text`,
  `create unique index sessions_conversation on sessions (conversation_id)`,
];
