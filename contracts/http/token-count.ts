/** Headers of a token count: a count that the gateway has estimated is marked. */
import { z } from "zod";

/** The end of the descriptions of endpoints that count tokens. */
export const countedBy =
  "No model is called. OpenAI, Gemini and Anthropic-compatible providers are asked for the count; for any other, and when it does not answer within five seconds, the gateway estimates it and says so in `x-openclaw-token-count`.";

export const TokenCountHeaders = z.object({
  "x-openclaw-token-count": z
    .literal("estimate")
    .optional()
    .describe(
      "`estimate`: the gateway has estimated the number from the length of the texts. Absent: the provider has counted.",
    ),
});
