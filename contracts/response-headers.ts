/** The response headers that many endpoints share, as OpenAPI header objects. */
import { limits } from "./limits.ts";

const requestId =
  "Id of the request, also in the log. Your own `x-request-id` is used if it has 1–128 letters, digits, `_`, `.`, `:` and `-`.";
const text = { type: "string", maxLength: limits.shortText } as const;

/** Each response lists those that it has. */
export const commonResponseHeaders = {
  "x-request-id": { description: requestId, required: true, schema: text },
  "request-id": {
    description: "The same as `x-request-id`, for Anthropic's SDKs.",
    required: true,
    schema: text,
  },
  "www-authenticate": { description: "`Bearer`.", required: true, schema: text },
  "retry-after": {
    description: "Seconds after which a retry may succeed, if known.",
    required: false,
    schema: { type: "integer", minimum: 0 },
  },
  "retry-after-ms": {
    description: "The same in milliseconds, for OpenAI's SDKs.",
    required: false,
    schema: { type: "integer", minimum: 0 },
  },
  "x-should-retry": {
    description: "Whether a retry may succeed. OpenAI's and Anthropic's SDKs follow it.",
    required: true,
    schema: { type: "string", enum: ["true", "false"] as string[] },
  },
} as const;

export type CommonHeader = keyof typeof commonResponseHeaders;

/** Headers of every response, for browsers. Operations do not list them. */
export const browserHeaders = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** Headers of every stream of events. */
export const streamHeaders = {
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
