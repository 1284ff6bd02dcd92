/** `agents.list`, `agent.identity.get` and `models.list`. */
import type { agentIdentity, agentsList, modelsList } from "../../../contracts/socket/agents.ts";
import type { Agents, GetAgents } from "../../agent/agents.ts";
import type { FindRoute } from "../../agent/route.ts";
import { buildMainName } from "../../agent/sessions/session-keys.ts";
import type { Agent, NamedModel } from "../../agent/types.ts";
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
          ...model,
          ...(includeDetails && describeModel(model, agents)),
          ...(includeDetails && toPropertyFields(agents, model.id)),
        })),
      };
    },
  };
}

const listAgents = (agents: Agents): readonly Agent[] => agents.ids.flatMap((id) => agents.find(id) ?? []);

const toNameField = (name: string | undefined): { name?: string } => (name === undefined ? {} : { name });

/** Says which role the model has for the agents. */
function describeModel({ id }: { readonly id: string }, agents: readonly Agent[]) {
  const tags = agents.flatMap(({ models, offeredModels }) => [
    ...models.flatMap(({ ref }, index) =>
      ref === id ? [index === 0 ? "default" : `fallback#${index}`] : [],
    ),
    ...(offeredModels.list.some(({ ref }) => ref === id) ? ["allowed"] : []),
  ]);
  return { available: true as const, tags: [...new Set(tags)] };
}

function toPropertyFields(agents: readonly Agent[], id: string) {
  const { cost, thinkingLevels = [] } = collectModels(agents).find(({ ref }) => ref === id) ?? {};
  if (cost === undefined) return { thinkingLevels: [...thinkingLevels] };
  const { input, output, cacheRead, cacheWrite } = cost;
  return {
    thinkingLevels: [...thinkingLevels],
    prices: { input, output, cacheRead, cacheWrite },
  };
}

const collectModels = (agents: readonly Agent[]): readonly NamedModel[] =>
  agents.flatMap((agent) => [...agent.models, ...agent.offeredModels.list]);

function listModels(agents: readonly Agent[]) {
  return [...new Map(collectModels(agents).map((model) => [model.ref, model])).values()].map(
    ({ ref, contextWindow }) => {
      const [provider = ref, ...rest] = ref.split("/");
      return {
        id: ref,
        name: rest.join("/"),
        provider,
        ...(contextWindow !== undefined && { contextWindow }),
      };
    },
  );
}
