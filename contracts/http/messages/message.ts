/** A reply in Anthropic's form. */
import { z } from "zod";
import { anyObject, limits, listOf, longText, shortText } from "../../limits.ts";

export const ReplyTextBlock = z
  .object({
    type: z.literal("text").describe("Always `text`."),
    text: longText().describe("The text."),
    citations: listOf(anyObject()).nullable().describe("Always null."),
  })
  .meta({ id: "MessagesReplyTextBlock", description: "A text of the reply." });

export const ReplyThinkingBlock = z
  .object({
    type: z.literal("thinking").describe("Always `thinking`."),
    thinking: longText().describe('The text of the thinking; empty with `display: "omitted"`.'),
    signature: longText().describe(
      "The whole thinking, encrypted for the gateway. Send the block back unchanged.",
    ),
  })
  .meta({ id: "MessagesReplyThinkingBlock", description: "Thinking before what it led to." });

export const ReplyRedactedBlock = z
  .object({
    type: z.literal("redacted_thinking").describe("Always `redacted_thinking`."),
    data: longText().describe("What the provider needs back, encrypted. Send the block back unchanged."),
  })
  .meta({ id: "MessagesReplyRedactedBlock", description: "Thinking without a text." });

const Caller = z
  .object({ type: z.literal("direct").describe("Always `direct`.") })
  .meta({ id: "MessagesCaller", description: "Who calls: the model itself." });

export const ReplyToolUseBlock = z
  .object({
    type: z.literal("tool_use").describe("Always `tool_use`."),
    id: shortText().describe("Id of the call."),
    name: shortText().describe("Name of your tool."),
    input: anyObject().describe("The arguments."),
    caller: Caller,
  })
  .meta({ id: "MessagesReplyToolUseBlock", description: "A call of one of your tools." });

const ReplyBlock = z
  .discriminatedUnion("type", [ReplyTextBlock, ReplyThinkingBlock, ReplyRedactedBlock, ReplyToolUseBlock])
  .meta({ id: "MessagesReplyBlock", description: "A block of the reply." });

export const StopReason = z.enum(["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]).meta({
  id: "MessagesStopReason",
  description:
    "`tool_use`: run the calls and send their results. `max_tokens`: cut off by a limit. `refusal`: the model or a filter refused.",
});

export const StopDetails = z
  .object({
    type: z.literal("refusal").describe("Always `refusal`."),
    category: shortText().nullable().describe("Always null."),
    explanation: longText().nullable().describe("The text of the refusal, if there is one."),
  })
  .meta({ id: "MessagesStopDetails", description: "Why the reply was refused." });

const tokenCount = z.int().min(0).max(limits.count);

const CacheCreation = z
  .object({
    ephemeral_5m_input_tokens: tokenCount.describe("All tokens that were written to the cache."),
    ephemeral_1h_input_tokens: tokenCount.describe("Always 0."),
  })
  .meta({ id: "MessagesCacheCreation", description: "Tokens that were written to the provider's cache." });

const OutputDetails = z
  .object({ thinking_tokens: tokenCount.describe("Tokens of thinking.") })
  .meta({ id: "MessagesOutputDetails", description: "Parts of the output." });

export const MessagesUsage = z
  .object({
    input_tokens: tokenCount.describe("Input tokens that neither came from a cache nor were written to one."),
    cache_creation_input_tokens: tokenCount.describe(
      "Input tokens that were written to the provider's cache.",
    ),
    cache_read_input_tokens: tokenCount.describe("Input tokens that the provider read from its cache."),
    output_tokens: tokenCount.describe("Output tokens, thinking included."),
    cache_creation: CacheCreation,
    output_tokens_details: OutputDetails,
    server_tool_use: anyObject().nullable().describe("Always null."),
    service_tier: z.literal("standard").describe("Always `standard`."),
    inference_geo: shortText().nullable().describe("Always null."),
    speed: shortText().nullable().describe("Always null."),
  })
  .meta({
    id: "MessagesUsage",
    description: "Tokens of all model calls of the run. 0 where the provider reports none.",
  });
export type MessagesUsage = z.infer<typeof MessagesUsage>;

export const messageFields = {
  id: shortText().describe("Id of the message, and of its run."),
  type: z.literal("message").describe("Always `message`."),
  role: z.literal("assistant").describe("Always `assistant`."),
  model: shortText().describe("The `model` of the request."),
  content: listOf(ReplyBlock).describe("The blocks in the order in which the model wrote them."),
  stop_sequence: longText().nullable().describe("The stop sequence that ended the reply, or null."),
  stop_details: StopDetails.nullable().describe("Null unless the reply was refused."),
  container: anyObject().nullable().describe("Always null."),
  context_management: anyObject().nullable().describe("Always null: nothing was edited."),
  usage: MessagesUsage,
} as const;

export const Message = z
  .object({ ...messageFields, stop_reason: StopReason })
  .meta({ id: "MessagesMessage", description: "The whole reply." });
export type Message = z.infer<typeof Message>;
