/** POST /v1/responses/compact: summarizes a conversation. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { anyObject, limits, listOf, shortText } from "../../limits.ts";
import { AgentChoiceHeaders } from "../agent-headers.ts";
import { conversationFields } from "./request.ts";
import { OutputCompaction, ResponseUsage } from "./response.ts";
import { providerErrors } from "../../run-errors.ts";
import { RateLimitHeaders } from "../rate-limits.ts";

const { input, instructions, previous_response_id } = conversationFields;

export const compactResponse = endpoint({
  id: "compactResponse",
  method: "post",
  path: "/v1/responses/compact",
  tag: "Responses",
  summary: "Compact a conversation",
  description:
    "The agent's model writes a summary that replaces the conversation. Start the next request with `output` unchanged, followed by what is new: the result cannot be continued by its id. Instructions are followed but not kept: send them again. Use the same credential: `encrypted_content` is bound to it.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  headers: AgentChoiceHeaders,
  body: z
    .object({
      model: shortText().describe("The agent, as for a response. Required."),
      input: input.describe(
        `The conversation, or the part after \`previous_response_id\`: one text of the user, or 1–${limits.items} items. Required without \`previous_response_id\`.`,
      ),
      instructions: instructions.describe("Additional instructions for the summary."),
      previous_response_id: previous_response_id.describe(
        "Id of a stored response that the conversation starts with; 400 `previous_response_not_found` as for a response. A response of a session is 400 `invalid_value`: a session compacts its conversation itself.",
      ),
      prompt_cache_key: z.string().max(64).nullish().describe("Accepted and ignored."),
      prompt_cache_options: anyObject().nullish().describe("Accepted and ignored."),
      prompt_cache_retention: shortText().nullish().describe("Accepted and ignored."),
      service_tier: shortText().nullish().describe("Accepted and ignored."),
      image: anyObject().nullish().describe("Accepted and ignored."),
    })
    .meta({ id: "ResponseCompactRequest", description: "The conversation to compact." }),
  bodyLimit: "gateway.http.endpoints.responses.maxBodyBytes",
  responses: {
    200: z
      .object({
        id: shortText().describe("Its id."),
        object: z.literal("response.compaction").describe("Always `response.compaction`."),
        created_at: z.int().describe("Unix time in seconds."),
        output: listOf(OutputCompaction).describe("The items that the next request starts with."),
        usage: ResponseUsage.describe("Tokens of the summary; zeros if the provider does not report them."),
      })
      .meta({ id: "ResponseCompacted", description: "A compacted conversation." }),
  },
  replyHeaders: RateLimitHeaders,
  errors: [
    "unsupported_value",
    "previous_response_not_found",
    "unknown_tool_call_id",
    "file_not_found",
    "context_length_exceeded",
    "model_not_found",
    "run_timeout",
    "run_aborted",
    "budget_exceeded",
    "storage_unavailable",
    ...providerErrors,
  ],
});
