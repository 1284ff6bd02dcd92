/** What a store promises about named keys. What a key may do is a matter of the gate. */
import type { Scope } from "../contracts/rights.ts";

/** A key without its secret, of which only the digest is known. Times are milliseconds since the epoch. */
export interface StoredKey {
  readonly name: string;
  /** SHA-256, in hexadecimal digits. */
  readonly digest: string;
  readonly scopes: readonly Scope[];
  /** Ids of the agents that it may use; undefined for all. */
  readonly agents: readonly string[] | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

/** Every call rejects with `storage_unavailable` when the store cannot be read or written. */
export interface KeyStore {
  all(): Promise<readonly StoredKey[]>;
  /** Durable when it resolves; false when there is one of this name. */
  add(key: StoredKey): Promise<boolean>;
  /** Durable when it resolves. */
  remove(name: string): Promise<void>;
  /** Notes that it was used. */
  touch(name: string, at: number): Promise<void>;
}
