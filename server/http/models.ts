/** GET /v1/models and /v1/models/{model}: lists agents as models, in OpenAI's form or in Anthropic's. */
import type { Config } from "../../contracts/config/config.ts";
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type { AnthropicModel } from "../../contracts/http/messages/models.ts";
import type { listModels, retrieveModel } from "../../contracts/http/models.ts";
import type { Agents, GetAgents } from "../agent/agents.ts";
import { claudePrefix, listModelNames, parseAgentModel, type RouteOptions } from "../agent/route.ts";
import type { Agent } from "../agent/types.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Handler, HandlerContext } from "./handler.ts";

type Http = Config["gateway"]["http"];
type Model = Extract<ReplyOf<typeof retrieveModel>, { object: unknown }>;
type AnthropicPage = Extract<ReplyOf<typeof listModels>, { has_more: unknown }>;

interface ModelHandlers {
  readonly listModels: Handler<typeof listModels>;
  readonly retrieveModel: Handler<typeof retrieveModel>;
}

/** `startedAt`, in milliseconds, becomes `created`: agents have no creation date. */
export function createModelHandlers(
  getAgents: GetAgents,
  { modelAliases, modelList }: Pick<RouteOptions, "modelAliases"> & Pick<Http, "modelList">,
  startedAt: number,
): ModelHandlers {
  const toModel = (id: string): Model => ({
    id,
    object: "model",
    created: Math.floor(startedAt / 1000),
    owned_by: "openclaw",
  });
  const toAnthropicModel = (id: string, { id: agentId, name = agentId, models }: Agent): AnthropicModel => ({
    id,
    type: "model",
    display_name: name,
    created_at: new Date(startedAt).toISOString(),
    max_input_tokens: models[0]?.contextWindow ?? null,
    max_tokens: null,
    capabilities: null,
    lifecycle: "active",
    line: null,
    deprecated_at: null,
    retires_at: null,
  });
  const find = (model: string, agents: Agents): Agent => {
    const selector = parseAgentModel(model, modelAliases);
    const agent = selector === "default" ? agents.default : agents.find(selector?.id ?? "");
    if (agent !== undefined) return agent;
    throw new GatewayError(
      "model_not_found",
      `No model ${JSON.stringify(model.slice(0, 100))}. Models: ${listModelNames(agents, modelList).join(", ")}.`,
      { param: "model" },
    );
  };
  return {
    listModels({ credential, query, headers }) {
      const agents = getAgents(credential.name);
      const names = listModelNames(agents, modelList);
      if (headers["anthropic-version"] !== undefined) {
        const all = [...names, ...agents.ids.map((id) => claudePrefix + id)];
        return {
          reply: selectPage(
            all.map((name) => toAnthropicModel(name, find(name, agents))),
            query,
          ),
        };
      }
      const codexFields = query.client_version === undefined ? {} : { models: [] };
      return { reply: { object: "list", data: names.map(toModel), ...codexFields } };
    },
    retrieveModel({ params: { model }, credential, headers }) {
      const agent = find(model, getAgents(credential.name));
      const isAnthropic = headers["anthropic-version"] !== undefined;
      return { reply: isAnthropic ? toAnthropicModel(model, agent) : toModel(model) };
    },
  };
}

/** An unknown id is the end of the list. */
function selectPage(
  all: readonly AnthropicModel[],
  { limit = all.length, after_id: after, before_id: before }: HandlerContext<typeof listModels>["query"],
): AnthropicPage {
  const indexOf = (id: string): number => all.findIndex((model) => model.id === id);
  const start = after === undefined ? 0 : indexOf(after) === -1 ? all.length : indexOf(after) + 1;
  const rest = before === undefined ? all.slice(start) : all.slice(0, Math.max(0, indexOf(before)));
  const data = before === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  return {
    data,
    has_more: data.length < rest.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
