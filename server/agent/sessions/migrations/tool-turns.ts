/** Versions of the table of unseen tool turns of chats without a session. In SQLite it stays empty. */

export const addToolTurns: readonly string[] = [
  `create table tool_turns (
    position text primary key,
    credential text not null,
    bytes integer not null,
    expires_at bigint not null,
    payload text not null
  )`,
  `create index tool_turns_expiry on tool_turns (expires_at)`,
];
