/** Methods that create, list and revoke named keys. */
import { z } from "zod";
import { AgentId, duration } from "../config/fields.ts";
import { listOf, shortText } from "../limits.ts";
import { scopes } from "../permissions.ts";
import { noParams, ok, params, time } from "./fields.ts";
import { method } from "./method.ts";

const common = { tag: "Keys", auth: "admin" } as const;

const scopeList = z.array(z.enum(scopes)).min(1).max(scopes.length);

const keyName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._@-]{0,63}$/,
    "must be 1 to 64 of a-z, 0-9, `.`, `_`, `@` and `-`, the first a letter or digit",
  )
  .max(64);

export const Key = z
  .object({
    name: shortText().describe(
      "Name of the key. Sessions and responses that are created with the key belong to this name.",
    ),
    scopes: scopeList.describe("Scopes of the key."),
    agents: listOf(shortText()).nullable().describe("Ids of the allowed agents. Null: all agents."),
    requestsPerMinute: z
      .int()
      .nullable()
      .describe("Maximum number of requests in any 60 seconds. Null: no limit."),
    createdAt: time().describe("Unix time in milliseconds."),
    expiresAt: z
      .int()
      .nullable()
      .describe("Expiry, Unix time in milliseconds. Null: the key does not expire."),
    lastUsedAt: z
      .int()
      .nullable()
      .describe(
        "Time of the last use with a precision of one minute, Unix time in milliseconds. Null before the first use.",
      ),
  })
  .meta({ id: "Key", description: "A named key, without its secret." });

export const keysCreate = method({
  ...common,
  method: "keys.create",
  summary: "Create a key",
  description:
    "Creates a credential with fewer permissions than the gateway's own secret. **Only this result contains the secret**: the gateway stores a digest of it. A key sees the sessions and responses that were created with a key of the same name; a key with `operator.admin` sees all of them.",
  // Strict: a misspelt restriction that is dropped gives a key more permissions than its owner wants.
  params: z.strictObject({
    name: keyName.describe(
      "Name of the key: 1 to 64 of `a-z`, `0-9`, `.`, `_`, `@` and `-`. `operator` is reserved for the gateway's own secret.",
    ),
    scopes: scopeList
      .optional()
      .describe(
        "Scopes of the key: `operator.read`, `operator.write` (includes read, `run` and `tools`), `operator.admin` (includes all but `operator.config`), `run` (run agents only), `tools` (invoke tools only), `metrics` (read the metrics only), `operator.config` (change the configuration file only; only a credential that has it can give it). Default: `operator.write`.",
      ),
    agents: z
      .array(AgentId)
      .min(1)
      .max(500)
      .optional()
      .describe(
        "Ids of the allowed agents. Default: all agents, including agents that are added later. Not allowed with `operator.admin`.",
      ),
    expires: duration().optional().describe("Lifetime, for example `30d` or `12h`. Default: no expiry."),
    requestsPerMinute: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe(
        "Maximum number of requests in any 60 seconds: HTTP requests and socket calls, on all nodes that share a database. While the database cannot be reached, a key with a limit gets `storage_unavailable`. Default: no limit.",
      ),
  }),
  result: z
    .object({
      ok,
      secret: shortText().describe(
        "The secret, for `Authorization: Bearer` or `auth.token`. It cannot be read again.",
      ),
      key: Key,
    })
    .meta({ id: "KeyCreated", description: "The key, and its secret." }),
  errors: ["model_not_found", "storage_unavailable"],
});

export const keysList = method({
  ...common,
  method: "keys.list",
  summary: "List the keys",
  description: "Every key, including expired keys, sorted by name. Secrets are never included.",
  params: noParams,
  result: z
    .object({ keys: listOf(Key).describe("The keys.") })
    .meta({ id: "KeyList", description: "The keys." }),
  errors: [],
});

export const keysRevoke = method({
  ...common,
  method: "keys.revoke",
  summary: "Revoke a key",
  description:
    "Invalidates the key at once: closes its sockets and ends its streams and runs. Its sessions remain and belong to the next key of this name.",
  params: params({ name: shortText().min(1).describe("Name of the key.") }),
  result: z
    .object({ ok, name: shortText().describe("Name of the revoked key. It can be used for a new key.") })
    .meta({ id: "KeyRevoked", description: "The key is revoked." }),
  errors: ["key_not_found", "storage_unavailable"],
});
