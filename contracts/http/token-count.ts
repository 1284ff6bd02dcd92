/** The header that marks a token count as an estimate. */
import { z } from "zod";

/** The last sentences in the descriptions of endpoints that count tokens. */
export const countedBy =
  "No model is called. OpenAI, Gemini and Anthropic-compatible providers count the tokens. For other providers, and when the provider does not answer within five seconds, the gateway estimates the number and sends `x-openclaw-token-count: estimate`.";

export const TokenCountHeaders = z.object({
  "x-openclaw-token-count": z
    .literal("estimate")
    .optional()
    .describe(
      "`estimate`: the gateway estimated the number from the length of the texts. Absent: the provider counted the tokens.",
    ),
});
