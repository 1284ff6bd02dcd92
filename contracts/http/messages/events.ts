/** The events of a streamed message. */
import { z } from "zod";
import { limits, longText } from "../../limits.ts";
import {
  messageFields,
  MessagesUsage,
  ReplyRedactedBlock,
  ReplyTextBlock,
  ReplyThinkingBlock,
  ReplyToolUseBlock,
  StopDetails,
  StopReason,
} from "./message.ts";
import { MessagesErrorBody } from "./error.ts";

const index = z
  .int()
  .min(0)
  .max(limits.count)
  .describe("Index of the block in `content`, from 0 without gaps.");

const OpeningMessage = z
  .object({
    ...messageFields,
    content: messageFields.content.max(0).describe("Always empty."),
    stop_reason: StopReason.nullable().describe("Always null."),
  })
  .meta({ id: "MessagesOpeningMessage", description: "The message before its first block." });

const MessageStart = z
  .object({
    type: z.literal("message_start").describe("Always `message_start`."),
    message: OpeningMessage.describe("The message, with an estimate of the input tokens."),
  })
  .meta({ id: "MessagesMessageStart", description: "The first event." });

const StartedBlock = z
  .discriminatedUnion("type", [ReplyTextBlock, ReplyThinkingBlock, ReplyRedactedBlock, ReplyToolUseBlock])
  .meta({
    id: "MessagesStartedBlock",
    description: "A block without its text or arguments; a `redacted_thinking` block is complete.",
  });

const BlockStart = z
  .object({
    type: z.literal("content_block_start").describe("Always `content_block_start`."),
    index,
    content_block: StartedBlock,
  })
  .meta({ id: "MessagesBlockStart", description: "A block begins. One block is open at a time." });

const TextDelta = z
  .object({
    type: z.literal("text_delta").describe("Always `text_delta`."),
    text: longText().describe("More text."),
  })
  .meta({ id: "MessagesTextDelta", description: "More of a text block." });

const ThinkingDelta = z
  .object({
    type: z.literal("thinking_delta").describe("Always `thinking_delta`."),
    thinking: longText().describe("More thinking."),
  })
  .meta({ id: "MessagesThinkingDelta", description: "More of a thinking block." });

const SignatureDelta = z
  .object({
    type: z.literal("signature_delta").describe("Always `signature_delta`."),
    signature: longText().describe("The signature of the block."),
  })
  .meta({ id: "MessagesSignatureDelta", description: "The last delta of a thinking block." });

const InputDelta = z
  .object({
    type: z.literal("input_json_delta").describe("Always `input_json_delta`."),
    partial_json: longText().describe(
      "More of the arguments: together they are a JSON object; none are `{}`.",
    ),
  })
  .meta({ id: "MessagesInputDelta", description: "More of a tool_use block." });

const Delta = z
  .discriminatedUnion("type", [TextDelta, ThinkingDelta, SignatureDelta, InputDelta])
  .meta({ id: "MessagesDelta", description: "More of a block." });

const BlockDelta = z
  .object({
    type: z.literal("content_block_delta").describe("Always `content_block_delta`."),
    index,
    delta: Delta,
  })
  .meta({ id: "MessagesBlockDelta", description: "More of the open block." });

const BlockStop = z
  .object({ type: z.literal("content_block_stop").describe("Always `content_block_stop`."), index })
  .meta({ id: "MessagesBlockStop", description: "The open block is complete." });

const MessageChange = z
  .object({
    stop_reason: StopReason,
    stop_sequence: longText().nullable().describe("The stop sequence that ended the reply, or null."),
    stop_details: StopDetails.nullable().describe("Null unless the reply was refused."),
    container: messageFields.container.describe("Always null."),
  })
  .meta({ id: "MessagesMessageChange", description: "How the message ended." });

const MessageDelta = z
  .object({
    type: z.literal("message_delta").describe("Always `message_delta`."),
    delta: MessageChange,
    usage: MessagesUsage.describe("The tokens of the run, in place of those of `message_start`."),
    context_management: messageFields.context_management.describe("Always null: nothing was edited."),
  })
  .meta({ id: "MessagesMessageDelta", description: "The message is complete." });

const MessageStop = z
  .object({ type: z.literal("message_stop").describe("Always `message_stop`.") })
  .meta({ id: "MessagesMessageStop", description: "The last event of a complete stream." });

const Ping = z
  .object({ type: z.literal("ping").describe("Always `ping`.") })
  .meta({ id: "MessagesPing", description: "Nothing new: the run is at work." });

export const MessagesEvent = z
  .discriminatedUnion("type", [
    MessageStart,
    BlockStart,
    BlockDelta,
    BlockStop,
    MessageDelta,
    MessageStop,
    Ping,
    MessagesErrorBody,
  ])
  .meta({ id: "MessagesEvent", description: "One event of a streamed message." });
export type MessagesEvent = z.infer<typeof MessagesEvent>;
