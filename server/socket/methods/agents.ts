/** `agents.list`, `agent.identity.get` and `models.list`. */
import type { agentIdentity, agentsList, modelsList } from "../../../contracts/socket/agents.ts";
import type { Agents, GetAgents } from "../../agent/agents.ts";
import type { FindRoute } from "../../agent/route.ts";
import { buildMainName } from "../../agent/sessions/session-keys.ts";
import type { Agent, NamedModel } from "../../agent/types.ts";
import type { Prices } from "../../lib/cost.ts";
import type { MethodHandler } from "../handler.ts";
import { findSocketRoute } from "../socket-route.ts";

interface AgentMethods {
  readonly "agents.list": MethodHandler<typeof agentsList>;
  readonly "agent.identity.get": MethodHandler<typeof agentIdentity>;
  readonly "models.list": MethodHandler<typeof modelsList>;
}

export function createAgentMethods(getAgents: GetAgents, findRoute: FindRoute): AgentMethods {
  return {
    "agents.list"({ caller }) {
      const agents = getAgents(caller.credential.name);
      return {
        defaultId: agents.default.id,
        mainKey: buildMainName(caller.credential.name),
        scope: "per-sender",
        agents: listAgents(agents).map(({ id, name, models }) => {
          const [primary = "", ...fallbacks] = models.map(({ ref }) => ref);
          return { id, ...toNameField(name), model: { primary, fallbacks } };
        }),
      };
    },
    "agent.identity.get"({ params, caller }) {
      const { id, name } = findSocketRoute(findRoute, caller.credential.name, params).agent;
      return { agentId: id, ...toNameField(name) };
    },
    "models.list"({ params, caller }) {
      const { name } = caller.credential;
      const agents =
        params.agentId === undefined
          ? listAgents(getAgents(name))
          : [findSocketRoute(findRoute, name, params).agent];
      const { includeDetails = false } = params;
      return {
        models: listModels(agents).map((model) => ({
          ...toModel(model),
          ...(includeDetails && toDetails(model, agents)),
        })),
      };
    },
  };
}

const listAgents = (agents: Agents): readonly Agent[] => agents.ids.flatMap((id) => agents.find(id) ?? []);

const toNameField = (name: string | undefined): { name?: string } => (name === undefined ? {} : { name });

/** Each model of the agents once. */
function listModels(agents: readonly Agent[]): readonly NamedModel[] {
  const models = agents.flatMap((agent) => [...agent.models, ...agent.offeredModels.list]);
  return [...new Map(models.map((model) => [model.ref, model])).values()];
}

function toModel({ ref, contextWindow }: NamedModel) {
  const [provider = ref, ...rest] = ref.split("/");
  return {
    id: ref,
    name: rest.join("/"),
    provider,
    ...(contextWindow !== undefined && { contextWindow }),
  };
}

function toDetails({ ref, cost, thinkingLevels = [] }: NamedModel, agents: readonly Agent[]) {
  return {
    available: true as const,
    tags: listRoles(ref, agents),
    thinkingLevels: [...thinkingLevels],
    ...(cost !== undefined && { prices: toPrices(cost) }),
  };
}

/** Returns the roles that the model has for the agents. */
function listRoles(id: string, agents: readonly Agent[]): string[] {
  const roles = agents.flatMap(({ models, offeredModels }) => [
    ...models.flatMap(({ ref }, index) =>
      ref === id ? [index === 0 ? "default" : `fallback#${index}`] : [],
    ),
    ...(offeredModels.list.some(({ ref }) => ref === id) ? ["allowed"] : []),
  ]);
  return [...new Set(roles)];
}

const toPrices = ({ input, output, cacheRead, cacheWrite }: Prices) => ({
  input,
  output,
  cacheRead,
  cacheWrite,
});
