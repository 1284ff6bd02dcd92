/** CORS: what a page of an allowed origin may send and read. See https://fetch.spec.whatwg.org/#http-cors-protocol */
import type { Endpoint } from "../../contracts/endpoint.ts";
import { endpoints } from "../../contracts/index.ts";
import { commonResponseHeaders } from "../../contracts/response-headers.ts";
import type { BrowserRules } from "../auth/check-headers.ts";
import { createStandardHeaders, readRequestId } from "../transport/errors.ts";
import type { Check } from "./request-context.ts";

const contracts = Object.values<Endpoint>(endpoints);
const declaredHeaders = new Set(contracts.flatMap(({ headers }) => Object.keys(headers?.shape ?? {})));
/** Headers of HTTP and of OpenAI's and Anthropic's SDKs, which no contract declares. */
const clientHeaderPattern =
  /^(authorization|x-api-key|api-key|content-type|x-request-id|openai-[\w-]+|anthropic-[\w-]+|x-stainless-[\w-]+|x-openclaw-[\w-]+)$/;
const exposedHeaders = [
  ...new Set([
    ...Object.keys(commonResponseHeaders),
    ...contracts.flatMap(({ replyHeaders }) => Object.keys(replyHeaders?.shape ?? {})),
  ]),
].join(", ");

const preflightHeaders = {
  "access-control-allow-methods": "GET, HEAD, POST, DELETE",
  "access-control-max-age": "600",
} as const;

/** Adds the CORS headers for an allowed origin, and answers its preflight requests. */
export const answerPreflight =
  (rules: BrowserRules): Check =>
  ({ req, res }) => {
    const { origin } = req.headers;
    if (origin === undefined || !rules.allowedOrigins.includes(origin)) return;
    res.setHeader("access-control-allow-origin", origin);
    res.setHeader("access-control-expose-headers", exposedHeaders);
    res.appendHeader("vary", "Origin");
    if (req.method !== "OPTIONS" || req.headers["access-control-request-method"] === undefined) return;
    const requested = (req.headers["access-control-request-headers"] ?? "").split(",");
    const allowed = requested.map((name) => name.trim().toLowerCase()).filter(isAllowed);
    if (allowed.length > 0) res.setHeader("access-control-allow-headers", allowed.join(", "));
    res.writeHead(204, { ...createStandardHeaders(readRequestId(req)), ...preflightHeaders }).end();
  };

function isAllowed(name: string): boolean {
  return declaredHeaders.has(name) || clientHeaderPattern.test(name);
}
