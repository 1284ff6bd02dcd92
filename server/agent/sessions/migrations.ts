/** The schema versions of the store, in SQL that SQLite and PostgreSQL share, and the upgrade to the newest one. */
import { type Kysely, sql, type Transaction } from "kysely";
import type { Tables } from "./schema.ts";

const createSessions: readonly string[] = [
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
const addConversations: readonly string[] = [
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

const addResponses: readonly string[] = [
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

const addIdempotency: readonly string[] = [
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

const addKeys: readonly string[] = [
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

/** New turns have parts, which older gateways cannot read. Older turns stay as they are: `readStoredTurn` converts them. */
const addParts: readonly string[] = [];

const addClock: readonly string[] = [
  `create table clock (seen_at bigint not null, steady_ms bigint not null, latest_at bigint not null)`,
];

const addWriteCount: readonly string[] = [`alter table store add column writes integer not null default 0`];

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
const addKeyPrefixes: readonly string[] = [
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
const addChecksums: readonly string[] = [
  `alter table entries add column checksum bigint`,
  `alter table store add column id text not null default ''`,
];

const addUsage: readonly string[] = [
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

const addBudgetsAndAudit: readonly string[] = [
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

/** `migrations[n - 1]` creates version n. A released migration never changes. */
const migrations: readonly (readonly string[])[] = [
  createSessions,
  [...addConversations, ...addResponses, ...addIdempotency],
  addKeys,
  addParts,
  addClock,
  addWriteCount,
  addKeyPrefixes,
  addChecksums,
  addUsage,
  addBudgetsAndAudit,
];

/**
 * Upgrades a store of any version, or an empty database, to the newest version in one transaction, after a backup. Throws, and changes
 * nothing, when a newer gateway wrote the store or when its sessions and entries differ after the upgrade.
 */
export async function migrate(
  db: Kysely<Tables>,
  backUp: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  await sql`create table if not exists store (version integer not null)`.execute(db);
  const currentVersion = (await db.selectFrom("store").select("version").executeTakeFirst())?.version ?? 0;
  if (currentVersion > migrations.length) {
    throw new Error(
      `The session store was written by a newer gateway (store version ${currentVersion}, this one knows ${migrations.length}).`,
    );
  }
  if (currentVersion === migrations.length) return;
  // An empty database has nothing to lose.
  if (currentVersion > 0) await backUp();
  await db.transaction().execute((tx) => upgrade(tx, currentVersion));
}

async function upgrade(tx: Transaction<Tables>, currentVersion: number): Promise<void> {
  const contentsBefore = currentVersion === 0 ? undefined : await describeContents(tx);
  for (const statement of migrations.slice(currentVersion).flat()) await sql.raw(statement).execute(tx);
  const contentsAfter = await describeContents(tx);
  if (contentsBefore !== undefined && contentsBefore !== contentsAfter) {
    throw new Error(
      `The session store could not be upgraded: it had ${contentsBefore} before, and ${contentsAfter} after.`,
    );
  }
  await tx.deleteFrom("store").execute();
  await tx.insertInto("store").values({ version: migrations.length, writes: 0, id: "" }).execute();
}

/** Describes what an upgrade must not change. */
async function describeContents(tx: Transaction<Tables>): Promise<string> {
  const { sessions, entries, characters } = await tx
    .selectFrom("entries")
    .select((eb) => [
      eb.selectFrom("sessions").select(eb.fn.countAll().as("n")).as("sessions"),
      eb.fn.countAll().as("entries"),
      eb.fn.sum(eb.fn("length", ["payload"])).as("characters"),
    ])
    .executeTakeFirstOrThrow();
  return `${sessions} sessions and ${entries} entries of ${characters ?? 0} characters`;
}
