/** Describes all endpoints and their examples as one OpenAPI 3.1 document. */
import { OpenApiGeneratorV31, OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import type { z } from "zod";
import { describeReply, type Endpoint } from "../endpoint.ts";
import { ErrorBody, WrappedErrorBody } from "../error-body.ts";
import { exampleSets } from "../examples/index.ts";
import { JsonRpcErrorBody } from "../http/mcp/json-rpc.ts";
import { MessagesErrorBody } from "../http/messages/error.ts";
import { endpoints } from "../index.ts";
import { registerHeaders } from "./headers.ts";
import { renderIntroduction } from "./introduction.ts";
import { listNamedParts } from "./named-parts.ts";
import { nameSchemas, selectReferencedSchemas, type Schemas } from "./named-schemas.ts";
import { createOperations } from "./operation.ts";
import { createWebhooks } from "./webhooks.ts";
import { WebhookEvent } from "../webhook-event.ts";

type OpenApiDocument = ReturnType<OpenApiGeneratorV31["generateDocument"]>;

/** In the order in which people read. */
const tags = [
  { name: "Chat", description: "OpenAI's chat completions, run by an agent." },
  { name: "Responses", description: "OpenAI's and OpenResponses' responses, run by an agent." },
  { name: "Conversations", description: "OpenAI's conversations: stored items that responses continue." },
  { name: "Files", description: "Stored files, which messages name by their ids." },
  { name: "Messages", description: "Anthropic's messages, run by an agent." },
  { name: "Embeddings", description: "OpenAI's embeddings, with the embedding model of an agent." },
  { name: "Models", description: "The agents, in OpenAI's format for models." },
  { name: "Sessions", description: "Stored conversations." },
  { name: "Tools", description: "The agents' tools, for programs without an agent." },
  { name: "MCP", description: "The agents as tools of programs that speak the Model Context Protocol." },
  { name: "Hooks", description: "Programs start runs and queue system events, with a token of their own." },
  { name: "Operation", description: "Metrics, usage and the audit log, for those who run the gateway." },
  { name: "Health", description: "Probes for monitoring. No credential is needed." },
  { name: "Page", description: "The page for people. No credential is needed to load it; it asks for one." },
  { name: "Documentation", description: "The documentation of this API. No credential is needed." },
];

export function createOpenApiDocument(version: string): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "The gateway's secret or the secret of a key.",
  });
  registry.registerComponent("securitySchemes", "hook", {
    type: "http",
    scheme: "bearer",
    description: "`hooks.token`, for hooks only.",
  });
  registry.registerComponent("securitySchemes", "hookHeader", {
    type: "apiKey",
    in: "header",
    name: "x-openclaw-token",
    description: "`hooks.token`, for hooks only. `Authorization: Bearer` takes precedence.",
  });
  registerHeaders(registry);
  for (const endpoint of Object.values<Endpoint>(endpoints)) {
    const examples = exampleSets.filter((set) => set.endpoint === endpoint).flatMap((set) => set.examples);
    for (const operation of createOperations(registry, endpoint, examples)) registry.registerPath(operation);
  }
  for (const webhook of createWebhooks()) registry.registerWebhook(webhook);
  const { components = {}, ...document } = new OpenApiGeneratorV31([
    ...listNamedParts(listSchemas()).map((schema) => ({ type: "schema" as const, schema })),
    ...registry.definitions,
  ]).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "OpenClaw gateway",
      version,
      license: { name: "MIT", identifier: "MIT" },
      description: renderIntroduction(),
    },
    servers: [{ url: "http://127.0.0.1:18789", description: "The gateway on this machine." }],
    tags,
  });
  // The generator writes `parameters` as an empty object.
  const { parameters: _inline, schemas = {}, ...others } = components;
  const named = nameSchemas(schemas as Schemas);
  return {
    ...document,
    components: { ...others, schemas: selectReferencedSchemas(named, { others, ...document }) },
  };
}

/** Returns the schemas of all bodies, replies, events and errors. */
function listSchemas(): readonly z.ZodType[] {
  const own = Object.values<Endpoint>(endpoints).flatMap(({ body, responses, events }) => [
    body,
    ...Object.values(responses).map((reply) => describeReply(reply).body),
    events,
  ]);
  return [
    ErrorBody,
    WrappedErrorBody,
    MessagesErrorBody,
    WebhookEvent,
    JsonRpcErrorBody,
    ...own.filter((schema) => schema !== undefined),
  ];
}
