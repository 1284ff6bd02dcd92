/** POST /v1/responses/compact: a conversation made short. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { anyObject, listOf, shortText } from "../../limits.ts";
import { AgentChoiceHeaders } from "../agent-headers.ts";
import { conversationFields } from "./request.ts";
import { OutputCompaction, ResponseUsage } from "./response.ts";
import { providerErrors } from "../../run-errors.ts";

const { input, instructions, previous_response_id } = conversationFields;

export const compactResponse = endpoint({
  id: "compactResponse",
  method: "post",
  path: "/v1/responses/compact",
  tag: "Responses",
  summary: "Compact a conversation",
  description:
    "Has the agent's model write a summary that can stand for the conversation. Begin the next one with `output` as it is, and what is new after it: the answer has no id to continue from. Instructions are heeded, not kept: send them again.",
  auth: "run",
  enabledBy: ["gateway.http.endpoints.responses.enabled"],
  headers: AgentChoiceHeaders,
  body: z
    .object({
      model: shortText().describe("The agent, as for a response. Required."),
      input: input.describe(
        "The conversation, or what follows `previous_response_id` of it: one text of the user's, or 1–2000 items. Required without `previous_response_id`.",
      ),
      instructions: instructions.describe("What the summary has to heed besides."),
      previous_response_id: previous_response_id.describe(
        "Id of a stored response that the conversation begins with; 400 `previous_response_not_found` as for a response. One of a session is 400 `invalid_value`: a session is shortened where it is kept.",
      ),
      prompt_cache_key: z.string().max(64).nullish().describe("Accepted and ignored."),
      prompt_cache_options: anyObject().nullish().describe("Accepted and ignored."),
      prompt_cache_retention: shortText().nullish().describe("Accepted and ignored."),
      service_tier: shortText().nullish().describe("Accepted and ignored."),
      image: anyObject().nullish().describe("Accepted and ignored."),
    })
    .meta({ id: "ResponseCompactRequest", description: "The conversation to compact." }),
  bodyLimit: "gateway.http.endpoints.responses.maxBodyBytes",
  reply: z
    .object({
      id: shortText().describe("Its id."),
      object: z.literal("response.compaction").describe("Always `response.compaction`."),
      created_at: z.int().describe("Unix time in seconds."),
      output: listOf(OutputCompaction).describe("What to begin the next conversation with."),
      usage: ResponseUsage.describe("Tokens of the summary; zeros where the provider does not say."),
    })
    .meta({ id: "ResponseCompacted", description: "A conversation made short." }),
  errors: [
    "unsupported_value",
    "previous_response_not_found",
    "unknown_tool_call_id",
    "context_length_exceeded",
    "model_not_found",
    "run_timeout",
    "run_aborted",
    "storage_unavailable",
    ...providerErrors,
  ],
});
