/** GET /v1/models and GET /v1/models/{model}: the agents, as models. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { AnthropicModel, AnthropicModelList, anthropicVersion, listQuery } from "./messages/models.ts";
import { anyObject, listOf, shortText } from "../limits.ts";

const Model = z
  .object({
    id: shortText().describe(
      "The value for `model`: `openclaw` for the default agent, `openclaw:<id>` for each agent; with slashes if `gateway.http.modelList` says so.",
    ),
    object: z.literal("model").describe("Always `model`."),
    created: z.int().describe("Unix time in seconds at which the gateway started."),
    owned_by: shortText().describe("Always `openclaw`."),
  })
  .meta({ id: "Model", description: "An agent as a model object." });

const ModelList = z
  .object({
    object: z.literal("list").describe("Always `list`."),
    data: listOf(Model).describe("The default agent first, then every agent that the credential may use."),
    models: z
      .array(anyObject())
      .max(0)
      .optional()
      .describe(
        "Codex's own list, with `client_version` only. Always empty: Codex then uses its own settings for the model.",
      ),
  })
  .meta({ id: "ModelList", description: "All agents." });

const AnyModelList = z
  .union([ModelList, AnthropicModelList])
  .meta({ id: "AnyModelList", description: "All agents, in Anthropic's form with `anthropic-version`." });

const AnyModel = z
  .union([Model, AnthropicModel])
  .meta({ id: "AnyModel", description: "An agent, in Anthropic's form with `anthropic-version`." });

const headers = z.object({ "anthropic-version": anthropicVersion });

const enabledBy = [
  "gateway.http.endpoints.chatCompletions.enabled",
  "gateway.http.endpoints.responses.enabled",
  "gateway.http.endpoints.messages.enabled",
] as const;

const replyHeaders = z.object({
  "request-id": shortText().optional().describe("The same as `x-request-id`, with `anthropic-version`."),
  "x-should-retry": shortText().optional().describe("Whether a retry may succeed, with `anthropic-version`."),
});

export const listModels = endpoint({
  id: "listModels",
  method: "get",
  path: "/v1/models",
  tag: "Models",
  summary: "List the agents",
  description:
    "Lists the agents that the credential may use, in OpenAI's format for models; with the header `anthropic-version` in Anthropic's, and then also as `claude-openclaw-<id>`.",
  auth: "follow",
  enabledBy,
  headers,
  errorShape: "negotiated",
  query: z.object({
    client_version: shortText().optional().describe("Sent by Codex, which needs `models` in the answer."),
    ...listQuery,
  }),
  responses: { 200: AnyModelList },
  replyHeaders,
  errors: [],
});

export const retrieveModel = endpoint({
  id: "retrieveModel",
  method: "get",
  path: "/v1/models/{model}",
  tag: "Models",
  summary: "Retrieve an agent",
  description:
    "Returns one entry of the list. Every spelling that `model` of a request may have is found; a slash in it may be sent as it is.",
  allowsSlashes: true,
  auth: "follow",
  enabledBy,
  headers,
  errorShape: "negotiated",
  params: z.object({ model: shortText().describe("An `id` of the list.") }),
  responses: { 200: AnyModel },
  replyHeaders,
  errors: ["model_not_found"],
});
