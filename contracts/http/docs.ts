/** GET /openapi.yaml, /openapi.json, /asyncapi.yaml, /docs and /docs/socket: the documentation of this API. It names the address that it is asked at. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { anyObject, longText } from "../limits.ts";

export const DocumentRequestHeaders = z.object({
  "if-none-match": z
    .string()
    .max(4096)
    .optional()
    .describe("`ETag` of the copy that the caller has. An unchanged document is 304, without a body."),
});

const common = {
  method: "get",
  tag: "Documentation",
  auth: "public",
  enabledBy: ["gateway.http.docs.enabled"],
  headers: DocumentRequestHeaders,
  errors: [],
} as const;

const OpenApiDocument = anyObject().meta({ id: "OpenApiDocument", description: "An OpenAPI 3.1 document." });
const AsyncApiDocument = anyObject().meta({
  id: "AsyncApiDocument",
  description: "An AsyncAPI 3.1 document.",
});
const DocumentHeaders = z.object({
  etag: z
    .string()
    .max(64)
    .describe("Version of the document. Send it as `If-None-Match` to get 304 while it is the same."),
  "cache-control": z.literal("no-cache").describe("Always `no-cache`: a stored copy is used after a 304."),
  vary: z.string().max(256).describe("Names of the request headers that select the answer."),
  "content-encoding": z
    .enum(["br", "gzip"])
    .optional()
    .describe("How the document is compressed, if `Accept-Encoding` allows one of these."),
});
export const unchanged = { description: "The document is the one that `If-None-Match` names." } as const;
export const Page = longText().describe("A page.");
export const PageHeaders = DocumentHeaders.extend({
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
    304: unchanged,
  },
  replyHeaders: DocumentHeaders,
});

export const getOpenapiJson = endpoint({
  ...common,
  id: "getOpenapiJson",
  path: "/openapi.json",
  summary: "This document, as JSON",
  description: "The same description as JSON.",
  responses: { 200: OpenApiDocument, 304: unchanged },
  replyHeaders: DocumentHeaders,
});

export const getDocs = endpoint({
  ...common,
  id: "getDocs",
  path: "/docs",
  summary: "This document, as a web page",
  description: "The same description as an HTML page. It is one file and loads nothing from other origins.",
  responses: { 200: { description: "The page.", body: Page, type: "text/html" }, 304: unchanged },
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
    304: unchanged,
  },
  replyHeaders: DocumentHeaders,
});

export const getSocketDocs = endpoint({
  ...common,
  id: "getSocketDocs",
  path: "/docs/socket",
  summary: "The WebSocket's document, as a web page",
  description: "The same description as an HTML page. It is one file and loads nothing from other origins.",
  responses: { 200: { description: "The page.", body: Page, type: "text/html" }, 304: unchanged },
  replyHeaders: PageHeaders,
});
