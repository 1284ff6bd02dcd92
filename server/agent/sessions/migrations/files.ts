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
