/** GET /v1/models and /v1/models/{model}: lists agents as models. */
import type { Config } from "../../contracts/config/config.ts";
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type { listModels, retrieveModel } from "../../contracts/http/models.ts";
import type { GetAgents } from "../agent/agents.ts";
import { parseAgentModel, listModelNames, type RouteOptions } from "../agent/route.ts";
import { GatewayError } from "../lib/errors.ts";
import type { Handler } from "./handler.ts";

type Http = Config["gateway"]["http"];

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
  const created = Math.floor(startedAt / 1000);
  const toModel = (id: string): ReplyOf<typeof retrieveModel> => ({
    id,
    object: "model",
    created,
    owned_by: "openclaw",
  });
  return {
    listModels: ({ credential, query }) => ({
      reply: {
        object: "list",
        data: listModelNames(getAgents(credential.name), modelList).map(toModel),
        ...(query.client_version !== undefined && { models: [] }),
      },
    }),
    retrieveModel: ({ params: { model }, credential }) => {
      const agents = getAgents(credential.name);
      const selector = parseAgentModel(model, modelAliases);
      const agent = selector === "default" ? agents.default : agents.find(selector?.id ?? "");
      if (agent !== undefined) return { reply: toModel(model) };
      throw new GatewayError(
        "model_not_found",
        `No model ${JSON.stringify(model.slice(0, 100))}. Models: ${listModelNames(agents, modelList).join(", ")}.`,
        {
          param: "model",
        },
      );
    },
  };
}
