/** The response headers of a key with a limit of requests or tokens, by Anthropic's names. */
import { z } from "zod";
import { shortText } from "../../limits.ts";

export const RateHeaders = z.object({
  "anthropic-ratelimit-requests-limit": shortText()
    .optional()
    .describe("Requests that the key may make in a minute. Only a key with a limit has these headers."),
  "anthropic-ratelimit-requests-remaining": shortText()
    .optional()
    .describe("Requests that the key may make now."),
  "anthropic-ratelimit-requests-reset": shortText()
    .optional()
    .describe("The time at which the whole limit is there again, as in RFC 3339."),
  "anthropic-ratelimit-tokens-limit": shortText()
    .optional()
    .describe("Tokens of a minute. Only a key with `tokensPerMinute` in `budgets.keys` has these headers."),
  "anthropic-ratelimit-tokens-remaining": shortText()
    .optional()
    .describe("Tokens that are left in this minute, before this run."),
  "anthropic-ratelimit-tokens-reset": shortText()
    .optional()
    .describe("The time at which all tokens are there again, as in RFC 3339."),
});
