/** The limit of a key's requests, as Anthropic's API tells it. */
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
});
