/** `agents.list`, `agent.identity.get` and `models.list`. */
import type { agentIdentity, agentsList, modelsList } from "../../../contracts/socket/agents.ts";
import type { Agents } from "../../agent/agents.ts";
import type { FindRoute } from "../../agent/route.ts";
import type { Agent } from "../../agent/types.ts";
import type { MethodHandler } from "../handler.ts";
import { agentOf } from "./agent-of.ts";

interface AgentMethods {
  readonly "agents.list": MethodHandler<typeof agentsList>;
  readonly "agent.identity.get": MethodHandler<typeof agentIdentity>;
  readonly "models.list": MethodHandler<typeof modelsList>;
}

export function createAgentMethods(agents: Agents, findRoute: FindRoute, mainKey: string): AgentMethods {
  const all = agents.ids.flatMap((id) => agents.find(id) ?? []);
  return {
    "agents.list": () => ({
      defaultId: agents.default.id,
      mainKey,
      scope: "per-sender",
      agents: all.map(({ id, name, models }) => {
        const [primary = "", ...fallbacks] = models.map(({ ref }) => ref);
        return { id, ...named(name), model: { primary, fallbacks } };
      }),
    }),
    "agent.identity.get"({ params, caller }) {
      const { id, name } = agentOf(findRoute, caller.credential.name, params);
      return { agentId: id, ...named(name) };
    },
    "models.list"({ params, caller }) {
      const meant = params.agentId === undefined ? all : [agentOf(findRoute, caller.credential.name, params)];
      return { models: modelsOf(meant) };
    },
  };
}

const named = (name: string | undefined): { name?: string } => (name === undefined ? {} : { name });

function modelsOf(agents: readonly Agent[]) {
  const models = agents.flatMap((agent) => [...agent.models, ...agent.allowedModels]);
  return [...new Map(models.map((model) => [model.ref, model])).values()].map(({ ref, contextWindow }) => {
    const [provider = ref, ...rest] = ref.split("/");
    return {
      id: ref,
      name: rest.join("/"),
      provider,
      ...(contextWindow !== undefined && { contextWindow }),
    };
  });
}
