/** POST /v1/messages/count_tokens: the size of a request. */
import { z } from "zod";
import { endpoint } from "../../endpoint.ts";
import { limits } from "../../limits.ts";
import { AgentChoiceHeaders } from "../agent-headers.ts";
import { countedBy, TokenCountHeaders } from "../token-count.ts";
import { RateHeaders } from "./rate-headers.ts";
import { promptFields } from "./request.ts";

export const countMessageTokens = endpoint({
  id: "countMessageTokens",
  method: "post",
  path: "/v1/messages/count_tokens",
  tag: "Messages",
  summary: "Count the tokens of a message request",
  description: `Returns how many tokens the model would read for this request, including the agent's own instructions and tools. ${countedBy}`,
  auth: "follow",
  enabledBy: ["gateway.http.endpoints.messages.enabled"],
  headers: AgentChoiceHeaders,
  body: z.object(promptFields).meta({ id: "MessagesCountRequest", description: "The request to measure." }),
  bodyLimit: "gateway.http.endpoints.messages.maxBodyBytes",
  responses: {
    200: z
      .object({
        input_tokens: z.int().min(0).max(limits.count).describe("Number of tokens, or an estimate."),
      })
      .meta({ id: "MessagesTokenCount", description: "The size of a request." }),
  },
  replyHeaders: TokenCountHeaders.extend(RateHeaders.shape),
  errorShape: "anthropic",
  errors: [
    "unsupported_value",
    "thread_unsupported_request",
    "unknown_tool_call_id",
    "file_not_found",
    "model_not_found",
    "run_aborted",
    "storage_unavailable",
  ],
});
