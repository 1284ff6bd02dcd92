/** What goes wrong with a provider, as errors that may be shown: its host is named, its path and secrets never. */
import { errors } from "undici";
import type { ErrorCode } from "../../../contracts/errors.ts";
import { GatewayError, toGatewayError } from "../../errors.ts";
import { asObject, asText } from "./wire.ts";

/** A provider as error messages need it. */
export interface Upstream {
  readonly host: string;
  /** Strings that must not be shown, even when the provider repeats them. */
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
}

/** What a provider says went wrong. */
export interface ProviderError {
  readonly message: string;
  readonly contextTooLong: boolean;
  readonly rateLimited: boolean;
}

const shownCharacters = 1_000;
/** Also when masked by halves. */
const bearerOrKey = /\bBearer\s+[\w.~+/=-]+|\bsk-[\w*-]{4,}/gi;
const contextTooLong =
  /context_length_exceeded|exceed_context_size|context (?:length|window|size|limit)|prompt is too long|too many (?:input )?tokens|token count .*exceeds the maximum/i;
const rateLimited = /\b(?:rate_limit\w*|too_many_requests|RESOURCE_EXHAUSTED|429)\b/;
/** Refused keys and empty accounts that come as 400. */
const keyRefused = /\bAPI_KEY_(?:INVALID|SERVICE_BLOCKED)\b/;
const unpaid = /credit balance is too low/i;

export const protocolFault = (upstream: Upstream, what: string, cause?: unknown): GatewayError =>
  new GatewayError("upstream_protocol", `${upstream.host} ${withoutSecrets(what, upstream)}.`, { cause });

export const cutFault = (upstream: Upstream, cause?: unknown): GatewayError =>
  protocolFault(upstream, "ended its answer before it was complete", cause);

export const silenceFault = (upstream: Upstream, ms: number): GatewayError =>
  new GatewayError("upstream_timeout", `${upstream.host} sent nothing for ${ms / 1_000} s.`);

/** The error in a JSON body or frame, in any of the shapes that servers use; undefined when there is none. */
export function providerError(json: unknown, upstream: Upstream): ProviderError | undefined {
  const body = asObject<WireError>(json);
  if (body === undefined || (!body.error && body.object !== "error" && body.type !== "error"))
    return undefined;
  return describe(body.error || body, upstream);
}

/** An error object that came in place of a chunk. */
export function streamedFault(said: ProviderError, upstream: Upstream): GatewayError {
  if (said.contextTooLong) return tooLong(said.message, upstream);
  return said.rateLimited
    ? new GatewayError("rate_limit_exceeded", `${upstream.host} limits the rate of requests: ${said.message}`)
    : new GatewayError("upstream_error", `${upstream.host} failed: ${said.message}`);
}

/** An answer whose status is not 2xx. */
export function statusFault(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  upstream: Upstream,
): GatewayError {
  const said = saidIn(body, upstream);
  const reason = said.message === "" ? "." : `: ${said.message}`;
  const answer = (code: ErrorCode, what: string): GatewayError =>
    new GatewayError(code, `${upstream.host} ${what} (HTTP ${status})${reason}`, {
      retryAfterSeconds: retryAfter(headers) ?? retryDelay(body),
    });

  if (status < 400) {
    return protocolFault(upstream, `answered with HTTP ${status}; redirects are not followed`);
  }
  // The provider's words may hold a part of the key.
  if (status === 401 || status === 403 || keyRefused.test(body)) {
    return new GatewayError(
      "upstream_auth",
      `${upstream.host} refused the gateway's credential (HTTP ${status}).`,
    );
  }
  if (status === 402 || unpaid.test(body))
    return answer("upstream_auth", "wants the gateway's account to be paid for");
  if (status === 429) return answer("rate_limit_exceeded", "limits the rate of requests");
  if (status >= 500 || status === 408) return answer("upstream_error", "failed");
  if (said.contextTooLong) return tooLong(said.message, upstream);
  return answer("upstream_rejected", "refused the request");
}

/** What was thrown on the way: before the answer began, or within it. */
export function connectionFault(thrown: unknown, answered: boolean, upstream: Upstream): GatewayError {
  const code = asText(asObject<{ readonly code?: unknown }>(thrown)?.code);
  const notHttp = thrown instanceof errors.HTTPParserError || code === "UND_ERR_HEADERS_OVERFLOW";
  // Without a code of the system's or undici's it is not the network: ours.
  if (thrown instanceof GatewayError || code === "UND_ERR_INVALID_ARG" || (code === "" && !notHttp)) {
    return toGatewayError(thrown);
  }
  // undici's parser error carries the bytes it stumbled over: the provider's text, which no log may have.
  if (answered) return cutFault(upstream, notHttp ? undefined : thrown);
  if (notHttp) return protocolFault(upstream, "did not answer in HTTP");
  return new GatewayError("upstream_unreachable", `${upstream.host} could not be reached (${code}).`, {
    cause: thrown,
  });
}

const tooLong = (message: string, upstream: Upstream): GatewayError =>
  new GatewayError("context_length_exceeded", `${upstream.host} refused the request: ${message}`);

function saidIn(body: string, upstream: Upstream): ProviderError {
  try {
    const json: unknown = JSON.parse(body);
    return describe(asObject<WireError>(json)?.error || json, upstream);
  } catch {
    // A proxy's page tells the caller nothing.
    return describe(/^\s*</.test(body) ? "" : body.trim(), upstream);
  }
}

function describe(error: unknown, upstream: Upstream): ProviderError {
  const fields = asObject<WireError>(error);
  const message = fields === undefined ? error : (fields.message ?? fields.detail);
  const text = typeof message === "string" ? message : JSON.stringify(message ?? error);
  const kind = [fields?.code, fields?.type, fields?.status].join(" ");
  return {
    message: withoutSecrets(text, upstream).slice(0, shownCharacters).toWellFormed(),
    contextTooLong: contextTooLong.test(`${kind} ${text}`),
    rateLimited: rateLimited.test(kind),
  };
}

function withoutSecrets(text: string, upstream: Upstream): string {
  let shown = text;
  for (const secret of upstream.secrets) shown = shown.replaceAll(secret, "[secret]");
  return shown.replace(bearerOrKey, "[secret]");
}

/** Whole seconds: from `retry-after-ms`, or from `Retry-After` as seconds or as a date. */
function retryAfter(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined {
  const milliseconds = Number.parseFloat(String(headers["retry-after-ms"]));
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1_000);
  const value = headers["retry-after"];
  if (typeof value !== "string") return undefined;
  const seconds = /^\s*[\d.]+\s*$/.test(value)
    ? Number.parseFloat(value)
    : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

/** Of a body of Google's, whose headers do not say. */
function retryDelay(body: string): number | undefined {
  const seconds = /"retryDelay":\s*"([\d.]+)s"/.exec(body)?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number.parseFloat(seconds));
}
