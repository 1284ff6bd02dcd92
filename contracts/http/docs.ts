/** GET /openapi.yaml, /openapi.json, /asyncapi.yaml, /docs and /docs/socket: the documentation of this API. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { anyObject, longText } from "../limits.ts";

const common = {
  method: "get",
  tag: "Documentation",
  auth: "public",
  enabledBy: ["gateway.http.docs.enabled"],
  errors: [],
} as const;

const OpenApiDocument = anyObject().meta({ id: "OpenApiDocument", description: "An OpenAPI 3.1 document." });
const AsyncApiDocument = anyObject().meta({
  id: "AsyncApiDocument",
  description: "An AsyncAPI 3.1 document.",
});
const Page = longText().describe("A page.");
const PageHeaders = z.object({
  "content-security-policy": z
    .string()
    .max(4096)
    .optional()
    .describe("Allows the page's own scripts, and nothing from other origins."),
});

export const getOpenapiYaml = endpoint({
  ...common,
  id: "getOpenapiYaml",
  path: "/openapi.yaml",
  summary: "This document, as YAML",
  description: "The OpenAPI 3.1 description of this gateway, for example for a client generator.",
  responses: {
    200: { description: "The document.", body: OpenApiDocument, type: "application/yaml" },
  },
});

export const getOpenapiJson = endpoint({
  ...common,
  id: "getOpenapiJson",
  path: "/openapi.json",
  summary: "This document, as JSON",
  description: "The same description as JSON.",
  responses: { 200: OpenApiDocument },
});

export const getDocs = endpoint({
  ...common,
  id: "getDocs",
  path: "/docs",
  summary: "This document, as a web page",
  description: "The same description as an HTML page. It is one file and loads nothing from other origins.",
  responses: { 200: { description: "The page.", body: Page, type: "text/html" } },
  replyHeaders: PageHeaders,
});

export const getAsyncapiYaml = endpoint({
  ...common,
  id: "getAsyncapiYaml",
  path: "/asyncapi.yaml",
  summary: "The WebSocket's document, as YAML",
  description:
    "The AsyncAPI 3.1 description of the gateway's WebSocket at `/` of the same port: every method and every event.",
  responses: {
    200: { description: "The document.", body: AsyncApiDocument, type: "application/yaml" },
  },
});

export const getSocketDocs = endpoint({
  ...common,
  id: "getSocketDocs",
  path: "/docs/socket",
  summary: "The WebSocket's document, as a web page",
  description: "The same description as an HTML page. It is one file and loads nothing from other origins.",
  responses: { 200: { description: "The page.", body: Page, type: "text/html" } },
  replyHeaders: PageHeaders,
});
