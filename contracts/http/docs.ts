/** GET /openapi.yaml, /openapi.json, /asyncapi.yaml, /docs and /docs/socket: the documentation of this API. */
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
  description: "The OpenAPI 3.1 description of this gateway, for example for a client generator.",
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
  summary: "This document, as a web page",
  description: "The same description as an HTML page. It is one file and loads nothing from other origins.",
  reply: longText().describe("A page."),
  replyType: "text/html",
});

export const getAsyncapiYaml = endpoint({
  ...common,
  id: "getAsyncapiYaml",
  path: "/asyncapi.yaml",
  summary: "The WebSocket's document, as YAML",
  description:
    "The AsyncAPI 3.1 description of the gateway's WebSocket at `/` of the same port: every method and every event.",
  reply: longText().describe("An AsyncAPI 3.1 document."),
  replyType: "application/yaml",
});

export const getSocketDocs = endpoint({
  ...common,
  id: "getSocketDocs",
  path: "/docs/socket",
  summary: "The WebSocket's document, as a web page",
  description: "The same description as an HTML page. It is one file and loads nothing from other origins.",
  reply: longText().describe("A page."),
  replyType: "text/html",
});
