/** `keys.create`, `keys.list` and `keys.revoke`. */
import type { z } from "zod";
import { durationMs } from "../../../contracts/config/fields.ts";
import type { Key, keysCreate, keysList, keysRevoke } from "../../../contracts/socket/keys.ts";
import type { AgentsFor } from "../../agent/agents.ts";
import type { Log } from "../../agent/types.ts";
import { GatewayError } from "../../errors.ts";
import type { Keyring } from "../../gate/keyring.ts";
import type { StoredKey } from "../../key-store.ts";
import type { MethodHandler } from "../handler.ts";

interface KeyMethods {
  readonly "keys.create": MethodHandler<typeof keysCreate>;
  readonly "keys.list": MethodHandler<typeof keysList>;
  readonly "keys.revoke": MethodHandler<typeof keysRevoke>;
}

interface KeyMethodParts {
  readonly keys: Keyring;
  readonly agentsFor: AgentsFor;
  readonly log: Log;
}

export function createKeyMethods({ keys, agentsFor, log }: KeyMethodParts): KeyMethods {
  return {
    async "keys.create"({ params, caller, requestId }) {
      const { name, expires, requestsPerMinute } = params;
      const scopes = [...new Set(params.scopes ?? ["operator.write" as const])];
      const { ids } = agentsFor(caller.credential.name);
      const agents = params.agents && [...new Set(params.agents.map((id) => id.toLowerCase()))];
      const unknown = agents?.find((id) => !ids.includes(id));
      if (unknown !== undefined) {
        const message = `No agent "${unknown}". Agents: ${ids.join(", ")}.`;
        throw new GatewayError("model_not_found", message, { param: "agents" });
      }
      const lastsMs = expires === undefined ? undefined : durationMs(expires);
      const { secret, key } = await keys.create({ name, scopes, agents, lastsMs, requestsPerMinute });
      log.info("a key was made", { requestId, credential: caller.credential.name, key: name });
      return { ok: true, secret, key: shown(key) };
    },
    "keys.list": () => ({ keys: keys.list().map(shown) }),
    async "keys.revoke"({ params: { name }, caller, requestId }) {
      await keys.revoke(name);
      log.info("a key was revoked", { requestId, credential: caller.credential.name, key: name });
      return { ok: true, name };
    },
  };
}

function shown(key: StoredKey): z.input<typeof Key> {
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
