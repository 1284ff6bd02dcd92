/** The named keys of the gateway: read once, held by name and by digest, made and revoked. */
import { randomBytes } from "node:crypto";
import { allows, type Scope } from "../../contracts/rights.ts";
import type { Clock, Log } from "../agent/types.ts";
import { operator, seesAll } from "../credential-names.ts";
import { GatewayError } from "../errors.ts";
import type { KeyStore, StoredKey } from "../key-store.ts";
import { digestOf, type FindKey } from "./credentials.ts";
import { createNamedKey, type NamedKey } from "./named-key.ts";

export interface AskedKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Ids of the agents that it may use; undefined for all. */
  readonly agents: readonly string[] | undefined;
  readonly lastsMs: number | undefined;
  readonly requestsPerMinute: number | undefined;
}

export interface Keyring {
  readonly find: FindKey;
  /** Ids of the agents that a credential may use, by its name; undefined for all. */
  agentsOf(credential: string): readonly string[] | undefined;
  /** By name. */
  list(): readonly StoredKey[];
  /** Durable when it resolves. The secret is known to nobody else, and is not told again. */
  create(asked: AskedKey): Promise<{ readonly secret: string; readonly key: StoredKey }>;
  /** From this moment on the key opens nothing; durable when it resolves. Rejects with `key_not_found`. */
  revoke(name: string): Promise<void>;
  close(): void;
}

interface KeyringParts {
  readonly store: KeyStore;
  readonly clock: Clock;
  readonly newSecret: () => string;
  /** Is told the name of the credential of each key that ends. */
  readonly onEnd: (credential: string) => void;
  readonly log: Log;
}

const maxKeys = 1_000;
/** What an expired key has open ends after this time, whether or not the key is used. */
const lookEveryMs = 1_000;

/** 256 random bits, under a prefix by which people and scanners know what they are. */
export const randomSecret = (): string => `ock_${randomBytes(32).toString("base64url")}`;

export async function openKeyring({ store, clock, newSecret, onEnd, log }: KeyringParts): Promise<Keyring> {
  const byName = new Map<string, NamedKey>();
  const byDigest = new Map<string, NamedKey>();

  const onUse = (name: string, at: number): void => {
    store.touch(name, at).catch((error: unknown) => {
      log.debug("the use of a key was not written down", { key: name, cause: String(error) });
    });
  };
  const hold = (stored: StoredKey): void => {
    const key = createNamedKey(stored, { clock, onEnd, onUse });
    byName.set(stored.name, key);
    byDigest.set(stored.digest, key);
  };
  for (const stored of await store.all()) hold(stored);
  const look = setInterval(() => {
    for (const key of byName.values()) key.look();
  }, lookEveryMs).unref();

  return {
    find(digest) {
      const key = byDigest.get(digest.toString("hex"));
      key?.look();
      return key?.credential;
    },
    agentsOf(credential) {
      if (seesAll(credential)) return undefined;
      const key = byName.get(credential);
      // To a key that is gone nothing is allowed.
      return key === undefined ? [] : key.stored.agents;
    },
    list: () =>
      [...byName.values()]
        .map(({ stored, lastUsedAt }) => ({ ...stored, lastUsedAt }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async create({ lastsMs, ...asked }) {
      checkAsked(asked);
      if (byName.has(asked.name)) throw nameTaken(asked.name);
      if (byName.size >= maxKeys)
        throw new GatewayError("invalid_request", `There are ${maxKeys} keys already: revoke some.`);
      const secret = newSecret();
      const now = clock();
      const key: StoredKey = {
        ...asked,
        digest: digestOf(secret).toString("hex"),
        createdAt: now,
        expiresAt: lastsMs === undefined ? undefined : now + lastsMs,
        lastUsedAt: undefined,
      };
      if (!(await store.add(key))) throw nameTaken(key.name);
      hold(key);
      return { secret, key };
    },
    async revoke(name) {
      const key = byName.get(name);
      if (key === undefined)
        throw new GatewayError("key_not_found", `There is no key ${JSON.stringify(name)}.`);
      key.end(`The key "${name}" was revoked.`);
      byDigest.delete(key.stored.digest);
      // Where that fails the key is still listed, so that it can be revoked again.
      await store.remove(name);
      if (byName.get(name) === key) byName.delete(name);
    },
    close: () => clearInterval(look),
  };
}

function checkAsked({ name, scopes, agents }: Omit<AskedKey, "lastsMs">): void {
  if (name === operator) {
    const message = `name: "${operator}" is what the gateway's own secret is called; choose another.`;
    throw new GatewayError("invalid_value", message, { param: "name" });
  }
  if (agents !== undefined && allows(scopes, "admin")) {
    const message =
      "agents: a key with operator.admin can make others for every agent; leave out one of the two.";
    throw new GatewayError("invalid_value", message, { param: "agents" });
  }
}

function nameTaken(name: string): GatewayError {
  const message = `name: there is a key "${name}" already; revoke it first, or choose another name.`;
  return new GatewayError("invalid_value", message, { param: "name" });
}
