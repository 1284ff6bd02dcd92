/** Versions of the table of files. */

export const addFiles: readonly string[] = [
  `create table files (
    id text primary key,
    credential text not null,
    filename text not null,
    purpose text not null,
    bytes bigint not null,
    hash text not null,
    created_at bigint not null,
    expires_at bigint not null
  )`,
  `create index files_credential on files (credential, created_at)`,
  `create index files_expiry on files (expires_at)`,
  `create index files_hash on files (hash)`,
];

/** `bytea` is PostgreSQL's name of a type; SQLite keeps bytes in a column of any type. */
export const addFileChunks: readonly string[] = [
  `create table file_chunks (
    content text not null,
    seq integer not null,
    data bytea not null,
    created_at bigint not null,
    constraint file_chunks_key primary key (content, seq)
  )`,
];
