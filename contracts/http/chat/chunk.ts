/** One event of a streamed chat completion. */
import { z } from "zod";
import { limits, longText, shortText } from "../../limits.ts";
import { ToolActivity } from "../tool-activity.ts";
import {
  extraContent,
  extraContentDescription,
  reasoningDetails,
  reasoningDetailsDescription,
} from "./tools.ts";
import { FinishReason, logprobs, absentFields, shared, Usage } from "./completion.ts";

const ToolCallDelta = z
  .object({
    index: z
      .int()
      .min(0)
      .max(limits.tools - 1)
      .describe("Index of the call, from 0 without gaps."),
    id: shortText().optional().describe("Id of the call; only in its first delta."),
    type: z
      .enum(["function", "custom"])
      .meta({ id: "ChatToolCallType", description: "The type of a tool." })
      .optional()
      .describe("Type of the tool; only in the first delta."),
    function: z
      .object({
        name: shortText().optional().describe("Name of the function; only in the first delta."),
        arguments: longText().optional().describe("The next part of the arguments' JSON text."),
      })
      .meta({ id: "ChatFunctionCallDelta", description: "A delta of a function call." })
      .optional(),
    custom: z
      .object({
        name: shortText().optional().describe("Name of the tool; only in the first delta."),
        input: longText().optional().describe("The next part of the tool's input."),
      })
      .meta({ id: "ChatCustomCallDelta", description: "A delta of a custom tool call." })
      .optional(),
    extra_content: extraContent.optional().describe(extraContentDescription),
  })
  .meta({
    id: "ChatToolCallDelta",
    description: "A delta of a tool call. Concatenate the deltas with the same `index`.",
  });

const Delta = z
  .object({
    role: z.literal("assistant").optional().describe("Only in the first chunk."),
    content: longText()
      .nullish()
      .describe("The next part of the text; null in the first chunk when a tool call comes first."),
    refusal: longText().nullish().describe("The next part of a refusal; null in the first chunk."),
    reasoning_content: longText()
      .optional()
      .describe("The next part of the model's thinking. Not part of OpenAI's API."),
    reasoning_details: reasoningDetails.optional().describe(reasoningDetailsDescription),
    tool_calls: z.array(ToolCallDelta).max(limits.tools).optional().describe("Deltas of tool calls."),
  })
  .meta({ id: "ChatDelta", description: "The content since the previous chunk; empty in the last one." });

export const ChatCompletionChunk = z
  .object({
    id: shortText().describe("Id of the completion, the same in all chunks."),
    object: z.literal("chat.completion.chunk").describe("Always `chat.completion.chunk`."),
    ...shared,
    choices: z
      .array(
        z
          .object({
            index: z.int().min(0).describe("Always 0."),
            delta: Delta,
            logprobs: logprobs.optional(),
            finish_reason: FinishReason.nullable().describe("Null until the last chunk."),
          })
          .meta({ id: "ChatChunkChoice", description: "One choice of a chunk." }),
      )
      .max(128)
      .describe("Exactly one choice; none in the chunk with the usage."),
    usage: Usage.nullish().describe(
      "Only with `stream_options.include_usage`: null except in the last chunk, which has the tokens of the whole run.",
    ),
    openclaw: ToolActivity.optional(),
    ...absentFields,
  })
  .meta({
    id: "ChatCompletionChunk",
    description:
      "One event of a stream. Order: the role; deltas of content, thinking, refusal and tool calls; the finish reason; the usage, if requested.",
  });
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
