/** The error responses of an endpoint: the codes of each status and the headers that come with them. */
import { describeReply, isOpen, type DeclaredShape, type Endpoint } from "./endpoint.ts";
import { errorCodes, errorTable, type ErrorCode } from "./errors.ts";
import { findRateHeaderApi } from "./http/rate-limits.ts";
import { identityErrors } from "./identity-errors.ts";
import type { CommonHeader } from "./response-headers.ts";

const identityCodes = Object.keys(identityErrors) as readonly (keyof typeof identityErrors)[];

/** Whether the endpoint accepts keys and users. */
const takesKeys = ({ auth, credential }: Endpoint): boolean => auth !== "public" && credential === undefined;

/** Common codes that only some endpoints can return, with the condition. */
const conditions: Partial<Record<ErrorCode, (endpoint: Endpoint) => boolean>> = {
  invalid_json: ({ body }) => body !== undefined,
  json_too_complex: ({ body }) => body !== undefined,
  missing_required_parameter: ({ body }) => body !== undefined,
  // A query parameter may be sent twice, and a number may be another text.
  invalid_type: ({ body, query }) => (body ?? query) !== undefined,
  invalid_value: ({ body, params, query, headers }) => (body ?? params ?? query ?? headers) !== undefined,
  request_timeout: ({ body }) => body !== undefined,
  request_too_large: ({ body }) => body !== undefined,
  unsupported_media_type: ({ body }) => body !== undefined,
  invalid_api_key: ({ auth }) => auth !== "public",
  ...Object.fromEntries(identityCodes.map((code) => [code, takesKeys])),
  // A probe answers without the credential then.
  issuer_unavailable: (endpoint) => takesKeys(endpoint) && !isOpen(endpoint),
  too_many_failed_credentials: ({ auth }) => auth !== "public",
  origin_not_allowed: ({ method }) => method !== "get",
  endpoint_disabled: ({ enabledBy }) => enabledBy !== undefined,
  too_many_requests: takesKeys,
  server_overloaded: ({ auth, body }) => auth === "run" || auth === "tools" || body !== undefined,
  shutting_down: (endpoint) => !isOpen(endpoint),
  missing_scope: (endpoint) => takesKeys(endpoint) && !isOpen(endpoint),
  // Otherwise it means that no operation matched.
  not_found: (endpoint) => isPage(endpoint),
  method_not_allowed: () => false,
};

/** The shared store of several nodes counts the requests of keys and the failed credentials. */
const isCounted = (code: ErrorCode, endpoint: Endpoint): boolean =>
  code === "storage_unavailable" && !isOpen(endpoint);

/** A page answers 404 until it has been built. */
const isPage = ({ responses }: Endpoint): boolean =>
  Object.values(responses).some((reply) => describeReply(reply).type === "text/html");

/** Codes that only the checks before a handler throw. */
const beforeHandler: ReadonlySet<ErrorCode> = new Set([
  "invalid_json",
  "json_too_complex",
  "origin_not_allowed",
  "missing_scope",
  "endpoint_disabled",
  "method_not_allowed",
  "request_timeout",
  "request_too_large",
  "unsupported_media_type",
  "host_not_allowed",
  "too_many_failed_credentials",
  "too_many_requests",
  "headers_too_large",
  ...identityCodes,
  "idempotency_in_progress",
  "idempotency_mismatch",
]);

/** Codes of errors that are sent before the path is known. They have the plain body. */
const beforeRouting: ReadonlySet<ErrorCode> = new Set(["request_timeout", "headers_too_large"]);

export interface ErrorResponse {
  readonly status: number;
  readonly codes: readonly ErrorCode[];
  readonly shape: DeclaredShape;
  readonly headers: readonly CommonHeader[];
  /** Whether the response may have the endpoint's own headers too. */
  readonly hasReplyHeaders: boolean;
}

/** Returns the error responses of an endpoint in the order of the error table. */
export function listErrorResponses(endpoint: Endpoint): readonly ErrorResponse[] {
  const codes = errorCodes.filter((code) =>
    errorTable[code].common
      ? (conditions[code]?.(endpoint) ?? true)
      : isCounted(code, endpoint) || (endpoint.errors as readonly ErrorCode[]).includes(code),
  );
  return [...Map.groupBy(codes, (code) => errorTable[code].status)].map(([status, group]) => {
    const { errorShape = "plain", replyHeaders } = endpoint;
    const shape = group.every((code) => beforeRouting.has(code)) ? "plain" : errorShape;
    return {
      status,
      codes: group,
      shape,
      headers: listErrorHeaders(status, group, shape),
      hasReplyHeaders:
        replyHeaders !== undefined &&
        (!group.every((code) => beforeHandler.has(code)) ||
          // A request that the limit of its key rejects has the rate headers.
          (group.includes("too_many_requests") && findRateHeaderApi(endpoint) !== undefined)),
    };
  });
}

/** Returns the headers of an error response that depend on its status and codes. */
function listErrorHeaders(
  status: number,
  codes: readonly ErrorCode[],
  shape: DeclaredShape,
): readonly CommonHeader[] {
  return [
    ...listStandardHeaders(shape),
    ...(status === 401 ? (["www-authenticate"] as const) : []),
    ...(codes.some((code) => errorTable[code].retry) ? (["retry-after", "retry-after-ms"] as const) : []),
    ...(isRetryDecided(status, shape) ? (["x-should-retry"] as const) : []),
  ];
}

/** The headers of every response of an endpoint. */
export const listStandardHeaders = (shape: DeclaredShape = "plain"): readonly CommonHeader[] =>
  shape === "anthropic" ? ["x-request-id", "request-id"] : ["x-request-id"];

/** Whether a response has `x-should-retry`: OpenAI's SDKs retry some statuses, and Claude Code retries any. */
export const isRetryDecided = (status: number, shape: DeclaredShape = "plain"): boolean =>
  shape === "anthropic" || status === 409 || status === 429 || status >= 500;
