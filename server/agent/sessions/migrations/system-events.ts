/** Versions of the table of system events. */

export const addSystemEvents: readonly string[] = [
  `create table system_events (
    session_key text not null,
    seq bigint not null,
    text text not null,
    created_at bigint not null,
    primary key (session_key, seq)
  )`,
];
