/** The response, with every field that OpenResponses requires, and its output items. */
import { z } from "zod";
import { anyObject, listOf, longText, shortText } from "../../limits.ts";
import {
  JsonObjectFormat,
  PromptCacheRetention,
  ReasoningEffort,
  TextFormat,
  Verbosity,
} from "../shared-schemas.ts";
import { OutputPart, SummaryText } from "./content.ts";
import { ItemStatus, MessagePhase, ReasoningSummary, Truncation } from "./item-fields.ts";
import { EchoedToolChoice, EchoedTool } from "./tools.ts";

const id = shortText().describe("Its id.");

const OutputMessage = z
  .object({
    type: z.literal("message").describe("Always `message`."),
    id,
    status: ItemStatus,
    role: z.literal("assistant").describe("Always `assistant`."),
    content: listOf(OutputPart).describe("Text and refusals."),
    phase: MessagePhase.optional().describe(
      "Known when the message is complete: commentary before a tool call, or the final answer.",
    ),
  })
  .meta({ id: "ResponseOutputMessage", description: "A message of the agent." });

const OutputFunctionCall = z
  .object({
    type: z.literal("function_call").describe("Always `function_call`."),
    id,
    status: ItemStatus,
    call_id: shortText().describe("Id of the call. Send it in the `function_call_output`."),
    name: shortText().describe("The function's name."),
    namespace: shortText().optional().describe("The namespace of the tool, if it has one."),
    arguments: longText().describe(
      "JSON text of the arguments, exactly as the model wrote it. Validate it before you run anything.",
    ),
  })
  .meta({ id: "ResponseFunctionCall", description: "A call of your function." });

const OutputCustomToolCall = z
  .object({
    type: z.literal("custom_tool_call").describe("Always `custom_tool_call`."),
    id,
    status: ItemStatus,
    call_id: shortText().describe("Id of the call. Send it in the `custom_tool_call_output`."),
    name: shortText().describe("The tool's name."),
    namespace: shortText().optional().describe("The namespace of the tool, if it has one."),
    input: longText().describe("The input text of the tool."),
  })
  .meta({ id: "ResponseCustomToolCall", description: "A call of your custom tool." });

const OutputToolSearchCall = z
  .object({
    type: z.literal("tool_search_call").describe("Always `tool_search_call`."),
    id,
    status: ItemStatus,
    call_id: shortText().describe("Id of the call. Send it in the `tool_search_output`."),
    execution: z.literal("client").describe("Always `client`: you search."),
    arguments: anyObject().describe("The arguments that the model wrote; empty until the call is complete."),
  })
  .meta({ id: "ResponseToolSearchCall", description: "A search for tools, which you execute." });

const OutputReasoning = z
  .object({
    type: z.literal("reasoning").describe("Always `reasoning`."),
    id,
    summary: listOf(SummaryText).describe("The reasoning, as one part."),
    status: z.literal("incomplete").optional().describe("Only if the reasoning was cut off."),
    encrypted_content: longText()
      .optional()
      .describe(
        'The reasoning, encrypted by this gateway for your credential. Only with `include: ["reasoning.encrypted_content"]`.',
      ),
  })
  .meta({ id: "ResponseReasoning", description: "The reasoning of the model before the next item." });

const OutputToolActivity = z
  .object({
    type: z.literal("openclaw:tool_call").describe("Always `openclaw:tool_call`."),
    id,
    status: ItemStatus,
    call_id: shortText().describe("Id of the call."),
    name: shortText().describe("The tool's name."),
    arguments: longText().describe("JSON text of the arguments, as the model wrote it."),
    output: longText()
      .nullable()
      .describe("The output that the model receives; null until the tool has ended."),
    is_error: z.boolean().nullable().describe("Whether the tool failed; null until it has ended."),
  })
  .meta({
    id: "ResponseToolActivity",
    description:
      "A call of a tool of the agent's own, with its result. Only with the header `x-openclaw-events: tools`. It may be sent back as input, and is ignored there.",
  });

export const OutputCompaction = z
  .object({
    type: z.literal("compaction").describe("Always `compaction`."),
    id,
    encrypted_content: longText().describe(
      "The summary, encrypted by this gateway for your credential. Send it back unchanged.",
    ),
  })
  .meta({ id: "ResponseCompaction", description: "Replaces a conversation." });

export const OutputItem = z
  .discriminatedUnion("type", [
    OutputMessage,
    OutputFunctionCall,
    OutputCustomToolCall,
    OutputToolSearchCall,
    OutputReasoning,
    OutputToolActivity,
  ])
  .meta({ id: "ResponseOutputItem", description: "An item of the output." });
export type OutputItem = z.infer<typeof OutputItem>;

const tokenCount = z.int().min(0);

export const ResponseUsage = z
  .object({
    input_tokens: tokenCount.describe("Tokens that the model read."),
    input_tokens_details: z
      .object({
        cached_tokens: tokenCount.describe("Of these, read from the provider's cache."),
        cache_write_tokens: tokenCount.describe("Of these, written to the provider's cache."),
      })
      .meta({ id: "ResponseInputTokensDetails", description: "Details of `input_tokens`." }),
    output_tokens: tokenCount.describe("Tokens that the model wrote, reasoning included."),
    output_tokens_details: z
      .object({ reasoning_tokens: tokenCount.describe("Of them, reasoning.") })
      .meta({ id: "ResponseOutputTokensDetails", description: "Details of `output_tokens`." }),
    total_tokens: tokenCount.describe("The sum of both."),
  })
  .meta({
    id: "ResponseUsage",
    description: "Tokens of all model calls of the run, as the provider counts them.",
  });
export type ResponseUsage = z.infer<typeof ResponseUsage>;

const EchoedJsonSchemaFormat = z
  .object({
    type: z.literal("json_schema").describe("Always `json_schema`."),
    name: shortText().describe("Its name."),
    description: longText().nullable().describe("What it is for."),
    schema: anyObject().describe("JSON Schema of the text."),
    strict: z.boolean().describe("Whether the schema is followed exactly."),
  })
  .meta({ id: "ResponseEchoedJsonSchemaFormat", description: "JSON that follows a schema." });

const EchoedFormat = z
  .discriminatedUnion("type", [TextFormat, JsonObjectFormat, EchoedJsonSchemaFormat])
  .meta({ id: "ResponseEchoedTextFormat", description: "The format of the text." });

const EchoedTextOptions = z
  .object({
    format: EchoedFormat,
    verbosity: Verbosity.optional().describe("As in the request."),
  })
  .meta({ id: "ResponseEchoedTextOptions", description: "The form of the text." });

const EchoedReasoningOptions = z
  .object({
    effort: ReasoningEffort.nullable().describe("As in the request."),
    summary: ReasoningSummary.nullable().describe("As in the request."),
  })
  .meta({ id: "ResponseEchoedReasoningOptions", description: "How the model reasons." });

const Status = z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]).meta({
  id: "ResponseStatus",
  description:
    "`incomplete`: see `incomplete_details`. `failed`: see `error`. `cancelled`: stopped by a client or by the gateway.",
});

const IncompleteDetails = z
  .object({
    reason: z.enum(["max_output_tokens", "content_filter"]).meta({
      id: "ResponseIncompleteReason",
      description: "A limit of tokens or of steps, or the content filter of the provider.",
    }),
  })
  .meta({ id: "ResponseIncompleteDetails", description: "Why a response is incomplete." });

const Failure = z
  .object({
    code: z.enum(["server_error", "rate_limit_exceeded", "invalid_prompt", "invalid_api_key"]).meta({
      id: "ResponseFailureCode",
      description:
        "One of OpenAI's codes, or `invalid_api_key` when the credential ended before the response. The `error` event before it has the gateway's own.",
    }),
    message: longText().describe("What went wrong, for people."),
  })
  .meta({ id: "ResponseFailure", description: "Why a response failed." });

const stateFields = {
  status: Status,
  incomplete_details: IncompleteDetails.nullable().describe("Why it is incomplete; null when it is not."),
  error: Failure.nullable().describe("Why it failed; null when it did not."),
} as const;

const echoedFields = {
  instructions: longText().nullable().describe("As in the request."),
  previous_response_id: shortText().nullable().describe("As in the request."),
  conversation: z
    .object({ id: shortText().describe("Its id.") })
    .meta({ id: "ResponseConversationId", description: "The conversation of a response." })
    .optional()
    .describe(
      "The conversation of the response. `conversation`, `previous_response_id` or the session key of the request selects it. Absent without a conversation.",
    ),
  tools: z.array(EchoedTool).max(128).describe("Your tools. Unknown types are left out."),
  tool_choice: EchoedToolChoice,
  parallel_tool_calls: z.boolean().describe("As in the request, or true."),
  truncation: Truncation.describe("As in the request, or `disabled`."),
  text: EchoedTextOptions,
  reasoning: EchoedReasoningOptions.nullable().describe("As in the request; null when it was not sent."),
  temperature: z.number().describe("As in the request, or 1."),
  top_p: z.number().describe("As in the request, or 1."),
  presence_penalty: z.number().describe("As in the request, or 0."),
  frequency_penalty: z.number().describe("As in the request, or 0."),
  top_logprobs: z.int().describe("Always 0."),
  max_output_tokens: z.int().nullable().describe("As in the request."),
  max_tool_calls: z.int().nullable().describe("As in the request."),
  store: z.boolean().describe("Whether the response is stored."),
  background: z.boolean().describe("As in the request, or false."),
  service_tier: z.literal("default").describe("Always `default`."),
  metadata: z.record(z.string().max(64), z.string().max(512)).describe("As in the request, or empty."),
  safety_identifier: shortText().nullable().describe("As in the request."),
  prompt_cache_key: shortText().nullable().describe("As in the request."),
  prompt_cache_retention: PromptCacheRetention.optional().describe("As in the request."),
  user: shortText().optional().describe("As in the request."),
} as const;

export const Response = z
  .object({
    id: shortText().describe("Its id, `resp_…`, to retrieve, cancel, delete or continue it."),
    object: z.literal("response").describe("Always `response`."),
    created_at: z.int().describe("Unix time in seconds of its start."),
    completed_at: z
      .int()
      .nullable()
      .describe("Unix time in seconds of its completion; null if it is not completed."),
    ...stateFields,
    model: shortText().describe("`model` of the request, or `openclaw`."),
    output: listOf(OutputItem).describe(
      "The items in order, reasoning before the item that it led to. The SDKs derive `output_text` from it.",
    ),
    usage: ResponseUsage.nullable().describe(
      "Null until the response ends, and if the provider reports no usage.",
    ),
    ...echoedFields,
  })
  .meta({ id: "ResponseResource", description: "A response, with the fields of its request." });
export type Response = z.infer<typeof Response>;
