/** Versions of the table of notices. */

export const addNotices: readonly string[] = [
  `create table session_notices (
    session_key text not null,
    seq bigint not null,
    text text not null,
    created_at bigint not null,
    primary key (session_key, seq)
  )`,
];
