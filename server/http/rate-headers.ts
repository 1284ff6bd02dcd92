/** The headers of a key's rates, by the names of OpenAI's API or of Anthropic's. */
import type { z } from "zod";
import type { Endpoint } from "../../contracts/endpoint.ts";
import type { RateHeaders } from "../../contracts/http/messages/rate-headers.ts";
import { findRateHeaderApi, type RateLimitHeaders } from "../../contracts/http/rate-limits.ts";
import type { Rate, Rates } from "../agent/budgets.ts";
import type { RequestLimit } from "../lib/errors.ts";
import type { Clock } from "../lib/ports.ts";

type Headers = Readonly<Record<string, string>>;

interface LimitedCaller {
  /** Undefined for a caller whom its own limit has rejected. */
  readonly name?: string;
  readonly readRequestLimit?: (() => RequestLimit) | undefined;
}

/** Returns undefined for an operation without these headers, and for a caller without a limit. */
export type GetRateHeaders = (endpoint: Endpoint, caller: LimitedCaller | undefined) => Headers | undefined;

export function createRateHeaders(
  getRates: (credential: string) => Rates | undefined,
  clock: Clock,
): GetRateHeaders {
  return (endpoint, caller) => {
    const api = findRateHeaderApi(endpoint);
    if (api === undefined || caller === undefined) return undefined;
    const { name } = caller;
    const countsRun = endpoint.errors.includes("budget_exceeded");
    const rates = readRates(caller, name === undefined ? undefined : getRates(name), {
      now: clock(),
      pendingRuns: countsRun ? 1 : 0,
    });
    if (rates.requests === undefined && rates.tokens === undefined) return undefined;
    return api === "anthropic" ? formatForAnthropic(rates, clock()) : formatForOpenai(rates);
  };
}

/**
 * A key may have a limit of its own, whose count has this request already, and one in `budgets`, whose count does not have the
 * `pendingRuns` of this request. The limit with fewer remaining requests is returned. Neither count has the tokens of the request:
 * they are not known yet.
 */
function readRates(
  { readRequestLimit }: LimitedCaller,
  rates: Rates | undefined,
  { now, pendingRuns }: { readonly now: number; readonly pendingRuns: number },
): Rates {
  const own = readRequestLimit?.();
  const counted = rates?.requests && {
    ...rates.requests,
    remaining: Math.max(0, rates.requests.remaining - pendingRuns),
  };
  const requests = [own && { ...own, resetMs: own.resetAt - now }, counted]
    .filter((rate) => rate !== undefined)
    .toSorted((a, b) => a.remaining - b.remaining)[0];
  return { ...rates, ...(requests !== undefined && { requests }) };
}

function formatForOpenai({ requests, tokens }: Rates): Headers {
  const headers: z.input<typeof RateLimitHeaders> = {
    ...(requests !== undefined && {
      "x-ratelimit-limit-requests": String(requests.limit),
      "x-ratelimit-remaining-requests": String(requests.remaining),
      "x-ratelimit-reset-requests": formatDuration(requests),
    }),
    ...(tokens !== undefined && {
      "x-ratelimit-limit-tokens": String(tokens.limit),
      "x-ratelimit-remaining-tokens": String(tokens.remaining),
      "x-ratelimit-reset-tokens": formatDuration(tokens),
    }),
  };
  return headers as Headers;
}

/** `12s`, or `1.5s`. A window is a minute, so there are no longer ones. */
const formatDuration = ({ resetMs }: Rate): string => `${resetMs / 1_000}s`;

function formatForAnthropic({ requests, tokens }: Rates, now: number): Headers {
  const formatReset = ({ resetMs }: Rate): string => new Date(now + resetMs).toISOString();
  const headers: z.input<typeof RateHeaders> = {
    ...(requests !== undefined && {
      "anthropic-ratelimit-requests-limit": String(requests.limit),
      "anthropic-ratelimit-requests-remaining": String(requests.remaining),
      "anthropic-ratelimit-requests-reset": formatReset(requests),
    }),
    ...(tokens !== undefined && {
      "anthropic-ratelimit-tokens-limit": String(tokens.limit),
      "anthropic-ratelimit-tokens-remaining": String(tokens.remaining),
      "anthropic-ratelimit-tokens-reset": formatReset(tokens),
    }),
  };
  return headers as Headers;
}
