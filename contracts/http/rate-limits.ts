/** The response headers of a key with a limit of requests or tokens, by OpenAI's names. */
import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";

const text = (): z.ZodString => z.string().max(32);

const duration = (unit: string): z.ZodOptional<z.ZodString> =>
  text().optional().describe(`Time until all ${unit} are there again, such as \`12s\`.`);

export const RateLimitHeaders = z.object({
  "x-ratelimit-limit-requests": text().optional().describe("Runs that may begin in a minute."),
  "x-ratelimit-limit-tokens": text().optional().describe("Tokens of a minute."),
  "x-ratelimit-remaining-requests": text()
    .optional()
    .describe(
      "Runs that may still begin in this minute. The run of this request is counted, but a run that `/mcp` or `/hooks/agent` starts is not counted yet.",
    ),
  "x-ratelimit-remaining-tokens": text()
    .optional()
    .describe("Tokens that are left in this minute, before this run."),
  "x-ratelimit-reset-requests": duration("requests"),
  "x-ratelimit-reset-tokens": duration("tokens"),
});

/** Returns the API whose names the rate headers of an endpoint have. Undefined for an endpoint without rate headers. */
export function findRateHeaderApi({ replyHeaders }: Endpoint): "openai" | "anthropic" | undefined {
  if (replyHeaders === undefined) return undefined;
  if ("x-ratelimit-limit-requests" in replyHeaders.shape) return "openai";
  return "anthropic-ratelimit-requests-limit" in replyHeaders.shape ? "anthropic" : undefined;
}
