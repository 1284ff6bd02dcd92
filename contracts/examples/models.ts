/** Examples of GET /v1/models and GET /v1/models/{model}. */
import { examplesFor } from "../endpoint.ts";
import { listModels, retrieveModel } from "../http/models.ts";

const model = (id: string) => ({ id, object: "model", created: 1767225600, owned_by: "openclaw" }) as const;

const anthropicModel = (id: string, display_name: string) =>
  ({
    id,
    type: "model",
    display_name,
    created_at: "2026-01-01T00:00:00.000Z",
    max_input_tokens: null,
    max_tokens: null,
    capabilities: null,
    lifecycle: "active",
    line: null,
    deprecated_at: null,
    retires_at: null,
  }) as const;
const anthropicHeaders = { "anthropic-version": "2023-06-01" } as const;
const requestId = { "request-id": "req_1" } as const;

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
  {
    title: "In Anthropic's form",
    request: { headers: anthropicHeaders, query: { limit: 2, after_id: "openclaw:coder" } },
    replyHeaders: requestId,
    reply: {
      data: [
        anthropicModel("claude-openclaw-main", "main"),
        anthropicModel("claude-openclaw-coder", "coder"),
      ],
      has_more: false,
      first_id: "claude-openclaw-main",
      last_id: "claude-openclaw-coder",
    },
  },
]);

export const oneModel = examplesFor(retrieveModel, [
  { title: "An agent", request: { params: { model: "openclaw:coder" } }, reply: model("openclaw:coder") },
  {
    title: "An agent in Anthropic's form",
    request: { params: { model: "claude-openclaw-coder" }, headers: anthropicHeaders },
    replyHeaders: requestId,
    reply: anthropicModel("claude-openclaw-coder", "coder"),
  },
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
