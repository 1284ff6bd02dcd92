/** The headers of a key's rates, by OpenAI's names and with its durations. */
import type { z } from "zod";
import type { RateLimitHeaders } from "../../contracts/http/rate-limits.ts";
import type { Rate, Rates } from "../agent/budgets.ts";

type Headers = Readonly<Record<string, string>>;

/** The request that asks is counted, its tokens are not: nobody knows them yet. */
export function formatRates(rates: Rates | undefined): Headers | undefined {
  if (rates?.requests === undefined && rates?.tokens === undefined) return undefined;
  const { requests, tokens } = rates;
  const headers: z.input<typeof RateLimitHeaders> = {
    ...(requests !== undefined && {
      "x-ratelimit-limit-requests": String(requests.limit),
      "x-ratelimit-remaining-requests": String(Math.max(0, requests.remaining - 1)),
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
