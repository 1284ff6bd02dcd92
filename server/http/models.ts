/** GET /v1/models and /v1/models/{model}: the agents, as models. */
import type { ReplyOf } from "../../contracts/endpoint.ts";
import type { listModels, retrieveModel } from "../../contracts/http/models.ts";
import type { AgentsFor } from "../agent/agents.ts";
import { agentOfModel, modelNames, type RouteRules } from "../agent/route.ts";
import { GatewayError } from "../errors.ts";
import type { Handler } from "./handler.ts";

interface ModelHandlers {
  readonly listModels: Handler<typeof listModels>;
  readonly retrieveModel: Handler<typeof retrieveModel>;
}

/** `startedAt` in milliseconds: agents have no date of their own. */
export function createModelHandlers(
  agentsFor: AgentsFor,
  aliases: RouteRules["modelAliases"],
  startedAt: number,
): ModelHandlers {
  const created = Math.floor(startedAt / 1000);
  const entry = (id: string): ReplyOf<typeof retrieveModel> => ({
    id,
    object: "model",
    created,
    owned_by: "openclaw",
  });
  return {
    listModels: ({ credential }) => ({
      reply: { object: "list", data: modelNames(agentsFor(credential.name)).map(entry) },
    }),
    retrieveModel: ({ params: { model }, credential }) => {
      const agents = agentsFor(credential.name);
      const named = agentOfModel(model, aliases);
      const found = named === "default" ? agents.default : agents.find(named?.id ?? "");
      if (found !== undefined) return { reply: entry(model) };
      throw new GatewayError(
        "model_not_found",
        `No model ${JSON.stringify(model.slice(0, 100))}. Models: ${modelNames(agents).join(", ")}.`,
        {
          param: "model",
        },
      );
    },
  };
}
