/** `agents.list`, `agent.identity.get` and `models.list`. */
import type { agentIdentity, agentsList, modelsList } from "../../../contracts/socket/agents.ts";
import type { Agents, AgentsFor } from "../../agent/agents.ts";
import type { FindRoute } from "../../agent/route.ts";
import { mainKeyOf } from "../../agent/sessions/own-keys.ts";
import type { Agent } from "../../agent/types.ts";
import type { MethodHandler } from "../handler.ts";
import { routeOf } from "../route-of.ts";

interface AgentMethods {
  readonly "agents.list": MethodHandler<typeof agentsList>;
  readonly "agent.identity.get": MethodHandler<typeof agentIdentity>;
  readonly "models.list": MethodHandler<typeof modelsList>;
}

export function createAgentMethods(agentsFor: AgentsFor, findRoute: FindRoute): AgentMethods {
  return {
    "agents.list"({ caller }) {
      const agents = agentsFor(caller.credential.name);
      return {
        defaultId: agents.default.id,
        mainKey: mainKeyOf(caller.credential.name),
        scope: "per-sender",
        agents: all(agents).map(({ id, name, models }) => {
          const [primary = "", ...fallbacks] = models.map(({ ref }) => ref);
          return { id, ...named(name), model: { primary, fallbacks } };
        }),
      };
    },
    "agent.identity.get"({ params, caller }) {
      const { id, name } = routeOf(findRoute, caller.credential.name, params).agent;
      return { agentId: id, ...named(name) };
    },
    "models.list"({ params, caller }) {
      const { name } = caller.credential;
      const meant =
        params.agentId === undefined ? all(agentsFor(name)) : [routeOf(findRoute, name, params).agent];
      return { models: modelsOf(meant) };
    },
  };
}

const all = (agents: Agents): readonly Agent[] => agents.ids.flatMap((id) => agents.find(id) ?? []);

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
