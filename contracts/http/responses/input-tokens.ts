/** POST /v1/responses/input_tokens: counts the input tokens of a request. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { limits, shortText } from "../../limits.ts";
import { AgentChoiceHeaders } from "../agent-headers.ts";
import { RateLimitHeaders } from "../rate-limits.ts";
import { countedBy, TokenCountHeaders } from "../token-count.ts";
import { conversationFields, outputFields, toolFields } from "./request.ts";

export const countInputTokens = endpoint({
  id: "countInputTokens",
  method: "post",
  path: "/v1/responses/input_tokens",
  tag: "Responses",
  summary: "Count input tokens",
  description: `Returns how many tokens the model would read for this request, including the agent's own instructions and tools. ${countedBy}`,
  auth: "follow",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  headers: AgentChoiceHeaders,
  body: z
    .object({
      ...conversationFields,
      input: conversationFields.input.describe(
        `One text of the user, or 1–${limits.items} items. Required without \`previous_response_id\` and \`conversation\`.`,
      ),
      previous_response_id: conversationFields.previous_response_id.describe(
        "Id of a stored response to continue; 400 `previous_response_not_found` as for a response. A response of a session is 400 `invalid_value`.",
      ),
      ...toolFields,
      ...outputFields,
      personality: shortText().nullish().describe("Accepted and ignored."),
    })
    .meta({ id: "ResponseInputTokensRequest", description: "The request to measure." }),
  bodyLimit: "gateway.http.endpoints.responses.maxBodyBytes",
  responses: {
    200: z
      .object({
        object: z.literal("response.input_tokens").describe("Always `response.input_tokens`."),
        input_tokens: z
          .int()
          .min(0)
          .max(limits.count)
          .describe("Number of tokens; an estimate with `x-openclaw-token-count: estimate`."),
      })
      .meta({ id: "ResponseInputTokens", description: "The number of input tokens of a request." }),
  },
  replyHeaders: TokenCountHeaders.extend(RateLimitHeaders.shape),
  errors: [
    "unsupported_value",
    "previous_response_not_found",
    "conversation_not_found",
    "invalid_session_key",
    "unknown_tool_call_id",
    "file_not_found",
    "model_not_found",
    "run_aborted",
    "storage_unavailable",
  ],
});
