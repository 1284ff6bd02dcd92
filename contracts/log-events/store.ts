/** Lines of the log: the store, keys, usage, audit and traces. */
import type { LogEvent } from "./log-event.ts";

export const storeLogEvents = {
  "the session store failed": {
    levels: ["error"],
    meaning: "The disk is full or read-only, or the file is damaged. Callers got `storage_unavailable`.",
  },
  "the session store that was here before is gone": {
    levels: ["error"],
    meaning:
      "The state folder had another store. Was a volume not mounted? With `--strict-store` the gateway does not start then.",
  },
  "the session store failed and is reopened": {
    levels: ["error"],
    meaning: "A write has failed, mostly because the disk is full. `/readyz` is 503 until it works again.",
  },
  "the session store was reopened": { levels: ["info"], meaning: "Writes work again." },
  "the session store could not be reopened": {
    levels: ["error"],
    meaning: "The disk still fails. It is tried again at the next request.",
  },
  "the session store is damaged; restore a backup": {
    levels: ["error"],
    meaning: "The check at the start found damage. `openclaw sessions restore` puts a backup in its place.",
  },
  "an entry of a session is damaged": {
    levels: ["error"],
    meaning: "Its checksum does not match. It is left out of the conversation.",
  },
  "a system event was dropped, because too many wait for the session": {
    levels: ["warn"],
    meaning: "20 system events wait for the next run of a main session. A new one has replaced the oldest.",
  },
  "the lease of a session could not be renewed": {
    levels: ["warn"],
    meaning: "The store is slow. A run that loses its lease cannot write any more.",
  },
  "a connection to the database ended": {
    levels: ["debug"],
    meaning:
      "PostgreSQL or the network closed a connection that was not in use. The next statement opens another.",
  },
  "the lease of this node could not be renewed": {
    levels: ["warn"],
    meaning: "PostgreSQL was not reached. After 15 s other nodes mark the runs of this one as interrupted.",
  },
  "this node was not heard of for too long: its runs were marked as interrupted": {
    levels: ["warn"],
    meaning: "The process was paused, or cut off from PostgreSQL. It serves new requests.",
  },
  "a node is gone: its runs were marked as interrupted": {
    levels: ["warn"],
    meaning: "Another gateway of this database has died, or was paused or cut off for more than 15 s.",
  },
  "this node could not leave": {
    levels: ["debug"],
    meaning: "PostgreSQL was not reached at the stop. The lease of the node ends by itself.",
  },
  "a message to other nodes was lost": {
    levels: ["debug"],
    meaning: "They read again within 2 s.",
  },
  "a newer gateway has changed the store: this one is too old to use it": {
    levels: ["error"],
    meaning: "`/readyz` answers 503. Replace this gateway by the new version.",
  },
  "the keys could not be read": {
    levels: ["debug"],
    meaning: "Other nodes may have changed the keys. They are read again within 2 s.",
  },
  "the log of the session store was copied": {
    levels: ["debug"],
    meaning: "A checkpoint of SQLite's log took long.",
  },
  "the log of the session store could not be copied": {
    levels: ["warn"],
    meaning: "SQLite's log grows meanwhile. It is tried again.",
  },
  "the store could not be cleaned up": {
    levels: ["warn"],
    meaning: "What has expired stays until the next attempt.",
  },
  "unused sessions were deleted": {
    levels: ["info"],
    meaning: "By `session.maintenance`. Has their number.",
  },
  "sessions are due to be deleted, session.maintenance.mode keeps them": {
    levels: ["warn"],
    meaning: "`session.maintenance.mode` is `warn`. Has their number.",
  },
  "the clock has jumped: nothing expires until it is steady for 24 hours": {
    levels: ["warn"],
    meaning: "Nothing is deleted by a wrong clock. Look at the time service of the machine.",
  },
  "the clock could not be checked": { levels: ["warn"], meaning: "Nothing is deleted meanwhile." },
  "the store was copied before its upgrade": {
    levels: ["info"],
    meaning: "Has the path of the copy, for a way back.",
  },
  "key created": { levels: ["info"], meaning: "A named key was created. Has its name and scopes." },
  "key revoked": { levels: ["info"], meaning: "A named key was revoked." },
  "key use not recorded": { levels: ["debug"], meaning: "The time of a key's last use could not be stored." },
  "spending could not be stored": {
    levels: ["warn"],
    meaning: "Budgets count it until the next restart, and forget it then.",
  },
  "records could not be stored": {
    levels: ["warn"],
    meaning: "`records` says which: usage, audit or spans. They wait in memory and are tried again.",
  },
  "records are stored again": {
    levels: ["info"],
    meaning: "Has the number of those that were dropped meanwhile.",
  },
  "the collector rejects traces": {
    levels: ["warn"],
    meaning:
      "The collector of `diagnostics.otel` refuses spans, for instance because of a wrong key. They are dropped.",
  },
} as const satisfies Readonly<Record<string, LogEvent>>;
