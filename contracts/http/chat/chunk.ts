/** One event of a streamed chat completion. */
import { z } from "zod";
import { limits, longText, shortText } from "../../limits.ts";
import { ToolActivity } from "../tool-activity.ts";
import { FinishReason, finishReasons, Logprobs, notSent, shared, Usage } from "./completion.ts";

const ToolCallDelta = z
  .object({
    index: z
      .int()
      .min(0)
      .max(limits.tools - 1)
      .describe("Which call this belongs to, from 0 without gaps."),
    id: shortText().optional().describe("Id of the call; in its first piece only."),
    type: z.enum(["function", "custom"]).optional().describe("Kind of the tool; in the first piece only."),
    function: z
      .object({
        name: shortText().optional().describe("The function's name; in the first piece only."),
        arguments: longText().optional().describe("The next piece of the JSON text of the arguments."),
      })
      .optional()
      .describe("Of a function call."),
    custom: z
      .object({
        name: shortText().optional().describe("The tool's name; in the first piece only."),
        input: longText().optional().describe("The next piece of the text for the tool."),
      })
      .optional()
      .describe("Of a custom tool call."),
  })
  .meta({ id: "ChatToolCallDelta", description: "A piece of a tool call. Join the pieces of one `index`." });

const Delta = z
  .object({
    role: z.literal("assistant").optional().describe("In the first chunk only."),
    content: longText()
      .nullish()
      .describe("The next piece of the text; null first when a tool call comes first."),
    refusal: longText().nullish().describe("The next piece of a refusal; null in the first chunk."),
    reasoning_content: longText()
      .optional()
      .describe("The next piece of the model's thinking. Not part of OpenAI's API."),
    tool_calls: z.array(ToolCallDelta).max(limits.tools).optional().describe("Pieces of tool calls."),
  })
  .meta({ id: "ChatDelta", description: "What is new since the chunk before; empty in the last one." });

export const ChatCompletionChunk = z
  .object({
    id: shortText().describe("Id of the completion, the same in all its chunks."),
    object: z.literal("chat.completion.chunk").describe("Always `chat.completion.chunk`."),
    ...shared,
    choices: z
      .array(
        z.object({
          index: z.int().min(0).describe("Always 0."),
          delta: Delta,
          logprobs: Logprobs.optional(),
          finish_reason: FinishReason.nullable().describe(`Null until the last chunk. ${finishReasons}`),
        }),
      )
      .max(128)
      .describe("Exactly one; none in the chunk with the usage."),
    // A union, since `Usage.nullish()` would be described as a copy of it.
    usage: z
      .union([Usage, z.null()])
      .optional()
      .describe(
        "Only with `stream_options.include_usage`: null but for the last chunk, which has the tokens of the whole run.",
      ),
    openclaw: ToolActivity.optional(),
    ...notSent,
  })
  .meta({
    id: "ChatCompletionChunk",
    description:
      "One event of a stream. Order: the role; content, thinking, refusal and tool call pieces; the finish reason; the usage when it was asked for.",
  });
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
