/** GET /openapi.yaml, /openapi.json, /asyncapi.yaml, /docs and /docs/socket: this API's own description. */
import { endpoint } from "../endpoint.ts";
import { anyObject, longText } from "../limits.ts";

const common = {
  method: "get",
  tag: "Documentation",
  auth: "public",
  enabledBy: ["gateway.http.docs.enabled"],
  errors: [],
} as const;

export const getOpenapiYaml = endpoint({
  ...common,
  id: "getOpenapiYaml",
  path: "/openapi.yaml",
  summary: "This document, as YAML",
  description: "The OpenAPI 3.1 description of this gateway: feed it to a client generator.",
  reply: longText().describe("An OpenAPI 3.1 document."),
  replyType: "application/yaml",
});

export const getOpenapiJson = endpoint({
  ...common,
  id: "getOpenapiJson",
  path: "/openapi.json",
  summary: "This document, as JSON",
  description: "The same description as JSON.",
  reply: anyObject().meta({ id: "OpenApiDocument", description: "An OpenAPI 3.1 document." }),
});

export const getDocs = endpoint({
  ...common,
  id: "getDocs",
  path: "/docs",
  summary: "This document, to read",
  description: "The same description as a page for people, in one file that loads nothing from elsewhere.",
  reply: longText().describe("A page."),
  replyType: "text/html",
});

export const getAsyncapiYaml = endpoint({
  ...common,
  id: "getAsyncapiYaml",
  path: "/asyncapi.yaml",
  summary: "The socket's document, as YAML",
  description:
    "The AsyncAPI 3.0 description of this gateway's WebSocket, which is at `/` of the same port: every method, every event.",
  reply: longText().describe("An AsyncAPI 3.0 document."),
  replyType: "application/yaml",
});

export const getSocketDocs = endpoint({
  ...common,
  id: "getSocketDocs",
  path: "/docs/socket",
  summary: "The socket's document, to read",
  description: "The same description as a page for people, in one file that loads nothing from elsewhere.",
  reply: longText().describe("A page."),
  replyType: "text/html",
});
