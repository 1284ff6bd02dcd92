/** Methods that make, list and revoke named keys. */
import { z } from "zod";
import { AgentId, duration } from "../config/fields.ts";
import { listOf, shortText } from "../limits.ts";
import { scopes } from "../rights.ts";
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
    name: shortText().describe("Its name. What is begun with the key belongs to this name."),
    scopes: scopeList.describe("What it may do."),
    agents: listOf(shortText()).nullable().describe("Ids of the agents that it may use; null for all."),
    requestsPerMinute: z
      .int()
      .nullable()
      .describe("Requests that it may make in any 60 s; null for any number."),
    createdAt: time().describe("Unix time in milliseconds."),
    expiresAt: z
      .int()
      .nullable()
      .describe("Unix time in milliseconds from which on it opens nothing; null for never."),
    lastUsedAt: z
      .int()
      .nullable()
      .describe(
        "When it was last used, to the minute: Unix time in milliseconds; null before its first use.",
      ),
  })
  .meta({ id: "Key", description: "A named key, without its secret." });

export const keysCreate = method({
  ...common,
  method: "keys.create",
  summary: "Make a key",
  description:
    "Makes a credential with less power than the gateway's own secret. **Its secret is in this answer and nowhere else**: the gateway keeps a digest of it. A key sees and continues what was begun with a key of its name; one with `operator.admin` sees everything.",
  params: params({
    name: keyName.describe(
      "Yours to choose: 1 to 64 of `a-z`, `0-9`, `.`, `_`, `@` and `-`. Not `operator`, which is what the gateway's own secret is called.",
    ),
    scopes: scopeList
      .optional()
      .describe(
        "What it may do: `operator.read`, `operator.write` (includes read, runs and tools), `operator.admin` (everything), `run` (agents alone), `tools` (tools alone). Default: `operator.write`.",
      ),
    agents: z
      .array(AgentId)
      .min(1)
      .max(500)
      .optional()
      .describe(
        "Ids of the agents that it may use. Default: all, those of later too. Not with `operator.admin`.",
      ),
    expires: duration()
      .optional()
      .describe("How long it lasts, for instance `30d` or `12h`. Default: until it is revoked."),
    requestsPerMinute: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe(
        "Requests that it may make in any 60 s; over HTTP and calls on the socket together. Default: any number.",
      ),
  }),
  result: z
    .object({
      ok,
      secret: shortText().describe(
        "The secret, for `Authorization: Bearer` or `auth.token`. Keep it: it is not told again.",
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
  description: "Every key by its name, those that have expired too; never a secret.",
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
    "From now on the key opens nothing; its sockets are closed, its streams and runs ended. Conversations stay, and are those of the next key of this name.",
  params: params({ name: shortText().min(1).describe("Its name.") }),
  result: z
    .object({ ok, name: shortText().describe("Its name, which is free again.") })
    .meta({ id: "KeyRevoked", description: "The key is no more." }),
  errors: ["key_not_found", "storage_unavailable"],
});
