/** The storage of named keys. `server/auth` decides what a key may do. */
import type { Scope } from "../../contracts/permissions.ts";

/** A stored key. Only the digest of its secret is stored. Times are milliseconds since the epoch. */
export interface StoredKey {
  readonly name: string;
  /** SHA-256, in hexadecimal digits. */
  readonly digest: string;
  readonly scopes: readonly Scope[];
  /** Ids of the agents that the key may use; undefined for all. */
  readonly agents: readonly string[] | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

/** Every call rejects with `storage_unavailable` when the store fails. */
export interface KeyStore {
  list(): Promise<readonly StoredKey[]>;
  /** Durable when it resolves. Resolves to false when the name is taken. */
  add(key: StoredKey): Promise<boolean>;
  /** Removes a key; durable when it resolves. */
  remove(name: string): Promise<void>;
  /** Calls the listener when other nodes may have changed the keys. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void;
  /** Records the time of the last use. */
  touch(name: string, at: number): Promise<void>;
}
