/** Selects the agent of a hook, and the key of its session. */
import type { z } from "zod";
import type { Config } from "../../../contracts/config/config.ts";
import { hasPrefix } from "../../../contracts/config/hooks.ts";
import type { runHook } from "../../../contracts/http/hooks.ts";
import { restrictAgents, type Agents } from "../../agent/agents.ts";
import { buildHookRunName } from "../../agent/sessions/session-keys.ts";
import type { Agent } from "../../agent/types.ts";
import { GatewayError } from "../../lib/errors.ts";
import type { NewId } from "../../lib/ports.ts";

export type HookRequest = z.output<typeof runHook.body>;
type Hooks = Config["hooks"];

/** Throws `model_not_found` for an agent that does not exist or that hooks cannot use. */
export function chooseHookAgent(
  agents: Agents,
  agentId: string | null | undefined,
  { allowedAgentIds }: Pick<Hooks, "allowedAgentIds">,
): Agent {
  const isOpen = allowedAgentIds === undefined || allowedAgentIds.includes("*");
  const allowed = restrictAgents(agents, isOpen ? undefined : allowedAgentIds.map((id) => id.toLowerCase()));
  const { ids } = allowed;
  const agent = ids.length > 0 && !agentId ? allowed.default : allowed.find(agentId ?? "");
  if (agent !== undefined) return agent;
  const list =
    ids.length === 0 ? "hooks.allowedAgentIds allows none." : `Agents of hooks: ${ids.join(", ")}.`;
  const name = agentId ? ` ${JSON.stringify(agentId.slice(0, 64))}` : "";
  throw new GatewayError("model_not_found", `No agent${name} for hooks. ${list}`, { param: "agentId" });
}

/** Returns the full key, a new one for an isolated run. Throws `invalid_session_key` for a key that is not allowed. */
export function chooseHookSession(
  { sessionKey: requested, sessionMode }: Pick<HookRequest, "sessionKey" | "sessionMode">,
  agent: Agent,
  hooks: Hooks,
  newId: NewId,
): string {
  const [, agentId = agent.id, name] =
    /^(?:agent:([^:]*):)?(.*)$/i.exec(requested ?? hooks.defaultSessionKey ?? "") ?? [];
  if (requested) checkRequestedKey(name ?? "", hooks);
  if (sessionMode === "persistent") {
    const hasRule = hooks.allowedSessionKeyPrefixes.length > 0;
    if (requested && hasRule) return `agent:${agentId}:${name}`;
    throw createKeyError(
      "sessionMode",
      hasRule
        ? '"persistent" needs sessionKey, the key of the session'
        : '"persistent" needs prefixes in hooks.allowedSessionKeyPrefixes',
    );
  }
  return `agent:${agentId}:${name ? buildHookRunName(name, newId("")) : newId("hook:")}`;
}

function checkRequestedKey(name: string, hooks: Hooks): void {
  const { allowRequestSessionKey, allowedSessionKeyPrefixes: prefixes } = hooks;
  if (!allowRequestSessionKey)
    throw createKeyError("sessionKey", "may not be chosen by hooks; hooks.allowRequestSessionKey allows it");
  if (prefixes.length > 0 && !hasPrefix(name, prefixes))
    throw createKeyError("sessionKey", `must begin with one of: ${prefixes.join(", ")}`);
}

const createKeyError = (param: string, reason: string): GatewayError =>
  new GatewayError("invalid_session_key", `${param}: ${reason}`, { param });
