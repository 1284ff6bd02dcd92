/** The store of named keys in SQL. */
import type { Scope } from "../../../contracts/permissions.ts";
import type { NodeBus } from "../../lib/node-bus.ts";
import type { KeyStore, StoredKey } from "../../lib/key-store.ts";
import type { KeyRow } from "./schema.ts";
import type { Transactions } from "./transactions.ts";
import { withStorageErrors } from "./with-storage-errors.ts";

const topic = "keys";

export function createKeyStore({ read, write }: Transactions, bus: NodeBus): KeyStore {
  return {
    list: () =>
      withStorageErrors(async () =>
        (await read((db) => db.selectFrom("keys").selectAll().orderBy("name").execute())).map(toKey),
      ),
    add: (key) =>
      withStorageErrors(async () => {
        const { numInsertedOrUpdatedRows } = await write((tx) =>
          tx
            .insertInto("keys")
            .values(toRow(key))
            .onConflict((conflict) => conflict.column("name").doNothing())
            .executeTakeFirstOrThrow(),
        );
        bus.publish(topic, null);
        return numInsertedOrUpdatedRows === 1n;
      }),
    remove: (name) =>
      withStorageErrors(async () => {
        await write((tx) => tx.deleteFrom("keys").where("name", "=", name).execute());
        bus.publish(topic, null);
      }),
    subscribe(listener) {
      const stops = [bus.subscribe(topic, listener), bus.onGap(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    touch: (name, at) =>
      withStorageErrors(async () => {
        await write((tx) =>
          tx.updateTable("keys").set({ last_used_at: at }).where("name", "=", name).execute(),
        );
      }),
  };
}

function toKey(row: KeyRow): StoredKey {
  return {
    name: row.name,
    digest: row.digest,
    // `toRow` has written the JSON.
    scopes: JSON.parse(row.scopes) as readonly Scope[],
    agents: row.agents === null ? undefined : (JSON.parse(row.agents) as readonly string[]),
    requestsPerMinute: row.requests_per_minute ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

function toRow(key: StoredKey): KeyRow {
  return {
    name: key.name,
    digest: key.digest,
    scopes: JSON.stringify(key.scopes),
    agents: key.agents === undefined ? null : JSON.stringify(key.agents),
    requests_per_minute: key.requestsPerMinute ?? null,
    created_at: key.createdAt,
    expires_at: key.expiresAt ?? null,
    last_used_at: key.lastUsedAt ?? null,
  };
}
