/** Errors of providers. Messages have the configured name of the provider, never its address or its secrets. */
import { readRetryAfter } from "../../lib/retry-after.ts";
import { errors } from "undici";
import type { ErrorCode } from "../../../contracts/errors.ts";
import { GatewayError, toGatewayError } from "../../lib/errors.ts";
import { asObject, asText } from "./untrusted-json.ts";

/** What error messages need to know of a provider. */
export interface Upstream {
  /** As in `models.providers`. Callers learn nothing of the network behind the gateway. */
  readonly name: string;
  /** Strings that messages must not contain, even when the provider repeats them. */
  readonly secrets: readonly string[];
}

interface WireError {
  readonly error?: unknown;
  readonly object?: unknown;
  readonly message?: unknown;
  readonly detail?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly status?: unknown;
  readonly status_code?: unknown;
}

/** An error that a provider sent. */
export interface ProviderError {
  readonly message: string;
  readonly isContextTooLong: boolean;
  readonly isRateLimited: boolean;
  /** The HTTP status that the error names in its own fields. */
  readonly status: number | undefined;
}

const maxMessageCharacters = 1_000;
/** Matches partly masked keys too. */
const credentialPattern = /\bBearer\s+[\w.~+/=-]+|\bsk-[\w*-]{4,}/gi;
const contextTooLongPattern =
  /context_length_exceeded|exceed_context_size|context (?:length|window|size|limit)|(?:prompt|input|request) is too long|too many (?:input )?tokens|token count .*exceeds the maximum|exceeds? the (?:maximum|max) (?:number of )?(?:input )?tokens/i;
const rateLimitPattern = /\b(?:rate_limit\w*|too_many_requests|RESOURCE_EXHAUSTED|429)\b/;
/** Providers send rejected keys and empty accounts with status 400, too. */
const invalidKeyPattern = /\bAPI_KEY_(?:INVALID|SERVICE_BLOCKED)\b/;
const noCreditPattern = /credit balance is too low/i;

export const createProtocolError = (upstream: Upstream, problem: string, cause?: unknown): GatewayError =>
  new GatewayError("upstream_protocol", `${upstream.name} ${redactSecrets(problem, upstream)}.`, { cause });

export const createUpstreamError = (upstream: Upstream, problem: string): GatewayError =>
  new GatewayError("upstream_error", `${upstream.name} ${redactSecrets(problem, upstream).toWellFormed()}.`);

export const createIncompleteResponseError = (upstream: Upstream, cause?: unknown): GatewayError =>
  createProtocolError(upstream, "ended its response before it was complete", cause);

export const createIdleTimeoutError = (upstream: Upstream, ms: number): GatewayError =>
  new GatewayError("upstream_timeout", `${upstream.name} sent nothing for ${ms / 1_000} s.`);

/** Returns the error in a JSON body or event, in any of the shapes that servers use; undefined if there is none. */
export function parseProviderError(json: unknown, upstream: Upstream): ProviderError | undefined {
  const body = asObject<WireError>(unwrapErrorList(json));
  if (body === undefined) return undefined;
  if (!body.error && body.object !== "error" && body.type !== "error" && !isBareError(body)) return undefined;
  return toProviderError(body.error || body, upstream, body);
}

/** A message beside the status of an error, and nothing that a reply has. */
const isBareError = (body: WireError): boolean =>
  typeof (body.message ?? body.detail) === "string" && findStatus(body) !== undefined && !("choices" in body);

/** Gemini sends its errors in a list. */
const unwrapErrorList = (json: unknown): unknown => (Array.isArray(json) ? (json[0] as unknown) : json);

/** An error object in place of a chunk. */
export function toStreamedError(wireError: ProviderError, upstream: Upstream): GatewayError {
  return toOwnError(wireError, upstream) ?? createUpstreamFailure(wireError.message, upstream);
}

/** An error object in place of a whole reply, with a status of success. */
export function toRepliedError(wireError: ProviderError, upstream: Upstream): GatewayError {
  return (
    toOwnError(wireError, upstream) ??
    createProtocolError(upstream, `sent an error as a success: ${wireError.message}`)
  );
}

/** The error that the fields of an error object mean; undefined when they mean none. */
function toOwnError(
  { message, status, ...error }: ProviderError,
  upstream: Upstream,
): GatewayError | undefined {
  if (error.isContextTooLong) return createContextLengthError(message, upstream);
  if (error.isRateLimited || status === 429) {
    return new GatewayError(
      "rate_limit_exceeded",
      `${upstream.name} limits the rate of requests: ${message}`,
    );
  }
  if (status === undefined) return undefined;
  // The provider's message may contain part of the key.
  if (status === 401 || status === 403)
    return new GatewayError("upstream_auth", `${upstream.name} rejected the gateway's credential.`);
  if (status === 402) {
    const problem = "requires payment for the gateway's account";
    return new GatewayError("upstream_auth", `${upstream.name} ${problem}: ${message}`);
  }
  if (status >= 500 || status === 408) return createUpstreamFailure(message, upstream);
  return new GatewayError("upstream_rejected", `${upstream.name} rejected the request: ${message}`);
}

const createUpstreamFailure = (message: string, upstream: Upstream): GatewayError =>
  new GatewayError("upstream_error", `${upstream.name} failed: ${message}`);

/** A response whose status is not 2xx. */
export function toHttpStatusError(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  upstream: Upstream,
): GatewayError {
  const detail = parseErrorBody(body, upstream);
  const reason = detail.message === "" ? "." : `: ${detail.message}`;
  const toError = (code: ErrorCode, problem: string): GatewayError =>
    new GatewayError(code, `${upstream.name} ${problem} (HTTP ${status})${reason}`, {
      retryAfterSeconds: readRetryAfter(headers) ?? readRetryDelay(body),
    });

  if (status < 400) {
    return createProtocolError(upstream, `answered with HTTP ${status}; redirects are not followed`);
  }
  // The provider's message may contain part of the key.
  if (status === 401 || status === 403 || invalidKeyPattern.test(body)) {
    return new GatewayError(
      "upstream_auth",
      `${upstream.name} rejected the gateway's credential (HTTP ${status}).`,
    );
  }
  if (status === 402 || noCreditPattern.test(body))
    return toError("upstream_auth", "requires payment for the gateway's account");
  if (status === 429) return toError("rate_limit_exceeded", "limits the rate of requests");
  if (status >= 500 || status === 408) return toError("upstream_error", "failed");
  if (detail.isContextTooLong) return createContextLengthError(detail.message, upstream);
  return toError("upstream_rejected", "rejected the request");
}

/** An error that the HTTP client threw, before the response (`hasResponse` false) or during its body. */
export function toConnectionError(thrown: unknown, hasResponse: boolean, upstream: Upstream): GatewayError {
  const code = asText(asObject<{ readonly code?: unknown }>(thrown)?.code);
  const isNotHttp = thrown instanceof errors.HTTPParserError || code === "UND_ERR_HEADERS_OVERFLOW";
  // An error without a code of the system or of undici is a bug, not a network failure.
  if (thrown instanceof GatewayError || code === "UND_ERR_INVALID_ARG" || (code === "" && !isNotHttp)) {
    return toGatewayError(thrown);
  }
  // The cause is left out: undici's parser error contains the provider's bytes, which must not be logged.
  if (hasResponse) return createIncompleteResponseError(upstream, isNotHttp ? undefined : thrown);
  if (isNotHttp) return createProtocolError(upstream, "did not answer in HTTP");
  return new GatewayError("upstream_unreachable", `${upstream.name} could not be reached (${code}).`, {
    cause: thrown,
  });
}

const createContextLengthError = (message: string, upstream: Upstream): GatewayError =>
  new GatewayError("context_length_exceeded", `${upstream.name} rejected the request: ${message}`);

function parseErrorBody(body: string, upstream: Upstream): ProviderError {
  try {
    const json = unwrapErrorList(JSON.parse(body));
    return toProviderError(asObject<WireError>(json)?.error || json, upstream);
  } catch {
    // The HTML page of a proxy does not help the caller.
    return toProviderError(/^\s*</.test(body) ? "" : body.trim(), upstream);
  }
}

function toProviderError(error: unknown, upstream: Upstream, body?: WireError): ProviderError {
  const fields = asObject<WireError>(error);
  const message = fields === undefined ? error : (fields.message ?? fields.detail);
  const text = typeof message === "string" ? message : JSON.stringify(message ?? error);
  const kind = [fields?.code, fields?.type, fields?.status].join(" ");
  return {
    message: redactSecrets(text, upstream).slice(0, maxMessageCharacters).toWellFormed(),
    isContextTooLong: contextTooLongPattern.test(`${kind} ${text}`),
    isRateLimited: rateLimitPattern.test(kind),
    status: findStatus(fields) ?? findStatus(body) ?? findNamedStatus(fields),
  };
}

/** The words with which the APIs name a status: the types of Anthropic, the codes of OpenAI, the statuses of Google. */
const namedStatuses: ReadonlyMap<unknown, number> = new Map([
  ["invalid_request_error", 400],
  ["INVALID_ARGUMENT", 400],
  ["FAILED_PRECONDITION", 400],
  ["authentication_error", 401],
  ["invalid_api_key", 401],
  ["UNAUTHENTICATED", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["PERMISSION_DENIED", 403],
  ["not_found_error", 404],
  ["model_not_found", 404],
  ["NOT_FOUND", 404],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["insufficient_quota", 429],
  ["RESOURCE_EXHAUSTED", 429],
  ["api_error", 500],
  ["server_error", 500],
  ["INTERNAL", 500],
  ["overloaded_error", 529],
  ["UNAVAILABLE", 503],
  ["DEADLINE_EXCEEDED", 504],
]);

/** A code says more than a type. */
const findNamedStatus = (fields: WireError | undefined): number | undefined =>
  namedStatuses.get(fields?.code) ?? namedStatuses.get(fields?.type) ?? namedStatuses.get(fields?.status);

/** The first field that is an HTTP status of an error, as a number or in text. */
function findStatus(fields: WireError | undefined): number | undefined {
  for (const field of [fields?.code, fields?.status, fields?.status_code]) {
    const status = typeof field === "string" && /^\d{3}$/.test(field) ? Number(field) : field;
    if (typeof status === "number" && Number.isInteger(status) && status >= 400 && status < 600)
      return status;
  }
  return undefined;
}

function redactSecrets(text: string, upstream: Upstream): string {
  let redacted = text;
  for (const secret of upstream.secrets) redacted = redacted.replaceAll(secret, "[secret]");
  return redacted.replace(credentialPattern, "[secret]");
}

/** Whole seconds, from the body of an error of Google, which sends no such header. */
function readRetryDelay(body: string): number | undefined {
  const seconds = /"retryDelay":\s*"([\d.]+)s"/.exec(body)?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number.parseFloat(seconds));
}
