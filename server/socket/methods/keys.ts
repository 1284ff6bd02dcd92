/** `keys.create`, `keys.list` and `keys.revoke`. */
import type { z } from "zod";
import { parseDurationMs } from "../../../contracts/config/fields.ts";
import type { Key, keysCreate, keysList, keysRevoke } from "../../../contracts/socket/keys.ts";
import type { GetAgents } from "../../agent/agents.ts";
import type { Log } from "../../lib/ports.ts";
import { GatewayError } from "../../lib/errors.ts";
import { hasPermission } from "../../../contracts/permissions.ts";
import { describeMissingScope } from "../../auth/credential.ts";
import type { KeyManager } from "../../auth/key-manager.ts";
import type { StoredKey } from "../../lib/key-store.ts";
import type { MethodHandler } from "../handler.ts";

interface KeyMethods {
  readonly "keys.create": MethodHandler<typeof keysCreate>;
  readonly "keys.list": MethodHandler<typeof keysList>;
  readonly "keys.revoke": MethodHandler<typeof keysRevoke>;
}

interface KeyMethodDeps {
  readonly keys: KeyManager;
  readonly getAgents: GetAgents;
  readonly log: Log;
}

export function createKeyMethods({ keys, getAgents, log }: KeyMethodDeps): KeyMethods {
  return {
    async "keys.create"({ params, caller, requestId }) {
      const { name, expires, requestsPerMinute } = params;
      const scopes = [...new Set(params.scopes ?? ["operator.write" as const])];
      if (scopes.includes("operator.config") && !hasPermission(caller.credential.scopes, "config"))
        throw new GatewayError("missing_scope", describeMissingScope("config"), { param: "scopes" });
      const { ids } = getAgents(caller.credential.name);
      const agents = params.agents && [...new Set(params.agents.map((id) => id.toLowerCase()))];
      const unknown = agents?.find((id) => !ids.includes(id));
      if (unknown !== undefined) {
        const message = `No agent "${unknown}". Agents: ${ids.join(", ")}.`;
        throw new GatewayError("model_not_found", message, { param: "agents" });
      }
      const ttlMs = expires === undefined ? undefined : parseDurationMs(expires);
      const { secret, key } = await keys.create({ name, scopes, agents, ttlMs, requestsPerMinute });
      log.info("key created", { requestId, credential: caller.credential.name, key: name });
      return { ok: true, secret, key: toWireKey(key) };
    },
    "keys.list": () => ({ keys: keys.list().map(toWireKey) }),
    async "keys.revoke"({ params: { name }, caller, requestId }) {
      await keys.revoke(name);
      log.info("key revoked", { requestId, credential: caller.credential.name, key: name });
      return { ok: true, name };
    },
  };
}

function toWireKey(key: StoredKey): z.input<typeof Key> {
  const { name, scopes, agents, createdAt, expiresAt = null, lastUsedAt = null } = key;
  return {
    name,
    scopes: [...scopes],
    agents: agents === undefined ? null : [...agents],
    requestsPerMinute: key.requestsPerMinute ?? null,
    createdAt,
    expiresAt,
    lastUsedAt,
  };
}
