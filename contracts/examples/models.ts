/** Examples of GET /v1/models and GET /v1/models/{model}. */
import { examplesFor } from "../endpoint.ts";
import { listModels, retrieveModel } from "../http/models.ts";

const model = (id: string) => ({ id, object: "model", created: 1767225600, owned_by: "openclaw" }) as const;

export const modelList = examplesFor(listModels, [
  {
    title: "Two agents, the default one first",
    request: {},
    reply: {
      object: "list",
      data: [model("openclaw"), model("openclaw:main"), model("openclaw:coder")],
    },
  },
  {
    title: "For Codex",
    request: { query: { client_version: "0.171.0" } },
    reply: {
      object: "list",
      data: [model("openclaw"), model("openclaw:main"), model("openclaw:coder")],
      models: [],
    },
  },
]);

export const oneModel = examplesFor(retrieveModel, [
  { title: "An agent", request: { params: { model: "openclaw:coder" } }, reply: model("openclaw:coder") },
  {
    title: "An agent that does not exist",
    request: { params: { model: "openclaw:nobody" } },
    error: {
      code: "model_not_found",
      message: 'No model "openclaw:nobody". Models: openclaw, openclaw:main, openclaw:coder.',
      param: "model",
    },
  },
]);
