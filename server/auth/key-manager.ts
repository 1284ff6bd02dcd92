/** Manages the named keys: loads them once, indexes them by name and digest, creates and revokes them. */
import { randomBytes } from "node:crypto";
import { hasPermission, type Scope } from "../../contracts/permissions.ts";
import type { Clock, Log } from "../lib/ports.ts";
import { operator, canSeeEverything } from "../lib/credential-names.ts";
import { describeError, GatewayError } from "../lib/errors.ts";
import type { KeyStore, StoredKey } from "../lib/key-store.ts";
import type { RateStore } from "../lib/rate-store.ts";
import { hashSecret, type FindKey } from "./secret-check.ts";
import { createNamedKey, type NamedKey } from "./named-key.ts";
import { createRequestLimiter, createSharedRequestLimiter, type RequestLimiter } from "./request-limiter.ts";

export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Ids of the agents that the key may use; undefined for all. */
  readonly agents: readonly string[] | undefined;
  readonly ttlMs: number | undefined;
  readonly requestsPerMinute: number | undefined;
}

export interface KeyManager {
  readonly find: FindKey;
  /** Returns the ids of the agents that a credential may use, by its name; undefined for all. */
  agentsOf(credential: string): readonly string[] | undefined;
  /** Returns the keys sorted by name. */
  list(): readonly StoredKey[];
  /** The key is durable when this resolves. The secret is not stored and cannot be read again. */
  create(request: KeyRequest): Promise<{ readonly secret: string; readonly key: StoredKey }>;
  /** Revokes the key at once; durable when this resolves. Rejects with `key_not_found`. */
  revoke(name: string): Promise<void>;
  close(): void;
}

interface KeyManagerDeps {
  readonly store: KeyStore;
  /** Counts requests of all nodes. Absent: those of this process are counted in memory. */
  readonly rates?: RateStore | undefined;
  readonly clock: Clock;
  readonly newSecret: () => string;
  /** Called with the credential name of each key that is revoked or expires. */
  readonly onRevoked: (credential: string) => void;
  readonly log: Log;
}

const maxKeys = 1_000;
/** Milliseconds between expiry checks. Open requests of an expired key end within this time. */
const expiryCheckMs = 1_000;

/** Returns 256 random bits with a prefix that secret scanners can recognise. */
export const randomSecret = (): string => `ock_${randomBytes(32).toString("base64url")}`;

export async function openKeyManager({
  store,
  rates,
  clock,
  newSecret,
  onRevoked,
  log,
}: KeyManagerDeps): Promise<KeyManager> {
  const byName = new Map<string, NamedKey>();
  const byDigest = new Map<string, NamedKey>();

  const onUse = (name: string, at: number): void => {
    store.touch(name, at).catch((error: unknown) => {
      log.debug("key use not recorded", { key: name, cause: describeError(error) });
    });
  };
  const createLimiter = (name: string, perMinute: number): RequestLimiter =>
    rates === undefined
      ? createRequestLimiter(perMinute, clock)
      : createSharedRequestLimiter(`requests of key ${name}`, perMinute, { store: rates, clock });
  const register = (record: StoredKey): void => {
    const key = createNamedKey(record, { createLimiter, clock, onRevoked, onUse });
    byName.set(record.name, key);
    byDigest.set(record.digest, key);
  };
  /** Applies the changes of other nodes: revoked keys end, created keys are valid, and the latest use is kept. */
  const readChanges = async (): Promise<void> => {
    const keysBefore = [...byName.values()];
    const records = await store.list();
    const digests = new Set(records.map(({ digest }) => digest));
    const digestsBefore = new Set(keysBefore.map(({ record }) => record.digest));
    for (const key of keysBefore) {
      const { name, digest } = key.record;
      if (digests.has(digest)) continue;
      key.revoke(`The key "${name}" was revoked.`);
      byDigest.delete(digest);
      if (byName.get(name) === key) byName.delete(name);
    }
    for (const record of records) {
      // A key that was known before the read has been revoked here meanwhile.
      const isNew = !digestsBefore.has(record.digest) && !byDigest.has(record.digest);
      if (isNew) register(record);
      const key = byDigest.get(record.digest);
      if (key !== undefined && (record.lastUsedAt ?? 0) > (key.lastUsedAt ?? 0))
        key.lastUsedAt = record.lastUsedAt;
    }
  };
  let pendingRead: Promise<void> | undefined;
  let isReadDue = false;
  const followChanges = (): void => {
    isReadDue = true;
    pendingRead ??= (async () => {
      while (isReadDue) {
        isReadDue = false;
        await readChanges().catch((error: unknown) =>
          log.debug("the keys could not be read", { cause: describeError(error) }),
        );
      }
      pendingRead = undefined;
    })();
  };
  for (const record of await store.list()) register(record);
  const unsubscribe = store.subscribe(followChanges);
  const expiryTimer = setInterval(() => {
    for (const key of byName.values()) key.expireIfDue();
  }, expiryCheckMs).unref();

  return {
    find(digest) {
      const key = byDigest.get(digest.toString("hex"));
      key?.expireIfDue();
      return key?.credential;
    },
    agentsOf(credential) {
      if (canSeeEverything(credential)) return undefined;
      const key = byName.get(credential);
      // A deleted key may use no agent.
      return key === undefined ? [] : key.record.agents;
    },
    list: () =>
      [...byName.values()]
        .map(({ record, lastUsedAt }) => ({ ...record, lastUsedAt }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async create({ ttlMs, ...request }) {
      validateKeyRequest(request);
      if (byName.has(request.name)) throw createNameTakenError(request.name);
      if (byName.size >= maxKeys)
        throw new GatewayError("invalid_request", `There are ${maxKeys} keys already: revoke some.`);
      const secret = newSecret();
      const now = clock();
      const key: StoredKey = {
        ...request,
        digest: hashSecret(secret).toString("hex"),
        createdAt: now,
        expiresAt: ttlMs === undefined ? undefined : now + ttlMs,
        lastUsedAt: undefined,
      };
      if (!(await store.add(key))) throw createNameTakenError(key.name);
      if (!byDigest.has(key.digest)) register(key);
      return { secret, key };
    },
    async revoke(name) {
      const key = byName.get(name);
      if (key === undefined)
        throw new GatewayError("key_not_found", `There is no key ${JSON.stringify(name)}.`);
      key.revoke(`The key "${name}" was revoked.`);
      byDigest.delete(key.record.digest);
      // If this fails, the key stays listed so that it can be revoked again.
      await store.remove(name);
      if (byName.get(name) === key) byName.delete(name);
    },
    close() {
      unsubscribe();
      clearInterval(expiryTimer);
    },
  };
}

function validateKeyRequest({ name, scopes, agents }: Omit<KeyRequest, "ttlMs">): void {
  if (name === operator) {
    const message = `name: "${operator}" is reserved for the gateway's own secret; choose another.`;
    throw new GatewayError("invalid_value", message, { param: "name" });
  }
  if (agents !== undefined && hasPermission(scopes, "admin")) {
    const message =
      "agents: a key with operator.admin can create keys for every agent; leave out one of the two.";
    throw new GatewayError("invalid_value", message, { param: "agents" });
  }
}

function createNameTakenError(name: string): GatewayError {
  const message = `name: there is a key "${name}" already; revoke it first, or choose another name.`;
  return new GatewayError("invalid_value", message, { param: "name" });
}
