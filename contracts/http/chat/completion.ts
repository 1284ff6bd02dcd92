/** The whole reply of a chat completion, and what whole and streamed replies have in common. */
import { z } from "zod";
import { limits, listOf, longText, shortText } from "../../limits.ts";
import { ToolActivities } from "../tool-activity.ts";
import { FunctionCall, ToolCall } from "./tools.ts";

const tokens = z.int().min(0);

export const Usage = z
  .object({
    prompt_tokens: tokens.describe("Tokens that the model read."),
    completion_tokens: tokens.describe("Tokens that the model wrote, thinking included."),
    total_tokens: tokens.describe("The sum of both."),
    prompt_tokens_details: z
      .object({
        cached_tokens: tokens.describe("Of them, read from the provider's cache."),
        audio_tokens: tokens.describe("Of them, sound. Always 0."),
        cache_write_tokens: tokens.describe("Of them, written to the provider's cache."),
      })
      .optional()
      .describe("What `prompt_tokens` are made of."),
    completion_tokens_details: z
      .object({
        reasoning_tokens: tokens.describe("Of them, thinking."),
        audio_tokens: tokens.describe("Of them, sound. Always 0."),
        accepted_prediction_tokens: tokens.describe("Of them, as predicted. Always 0."),
        rejected_prediction_tokens: tokens.describe("Predicted and not used. Always 0."),
      })
      .optional()
      .describe("What `completion_tokens` are made of."),
  })
  .meta({
    id: "ChatUsage",
    description:
      "Tokens of the whole run: of every model call that it made, as the provider counts. Absent when the provider does not say.",
  });

export const FinishReason = z.enum(["stop", "length", "tool_calls", "content_filter", "function_call"]);

export const finishReasons =
  "`stop`: the reply is whole. `length`: a token limit cut it. `tool_calls`: run the calls and send their results. `content_filter`: the provider withheld the rest. `function_call` is OpenAI's older form and is not sent.";

const logprob = {
  token: longText().describe("The token."),
  logprob: z.number().describe("Its log probability."),
  bytes: z.array(z.int().min(0).max(255)).max(limits.items).nullable().describe("Its UTF-8 bytes."),
} as const;

const TokenLogprob = z.object({
  ...logprob,
  top_logprobs: z.array(z.object(logprob)).max(20).describe("The likeliest tokens at this place."),
});

export const Logprobs = z
  .object({
    content: listOf(TokenLogprob).nullable().describe("Of the content's tokens."),
    refusal: listOf(TokenLogprob).nullable().describe("Of the refusal's tokens."),
  })
  .nullable()
  .describe("Token probabilities. Always null: a request for them is refused.");

const Message = z
  .object({
    role: z.literal("assistant").describe("Always `assistant`."),
    content: longText().nullable().describe("The text; null beside tool calls and refusals that have none."),
    refusal: longText().nullable().describe("Why the model would not answer; null when it did."),
    tool_calls: z
      .array(ToolCall)
      .max(limits.tools)
      .optional()
      .describe("Calls of your tools, when there are any."),
    reasoning_content: longText()
      .optional()
      .describe("The model's thinking, when there is any. Not part of OpenAI's API."),
    annotations: listOf(
      z.object({
        type: z.literal("url_citation").describe("Always `url_citation`."),
        url_citation: z
          .object({
            start_index: z.int().min(0).describe("First character of the content that it supports."),
            end_index: z.int().min(0).describe("Last character."),
            url: longText().describe("Address of the page."),
            title: longText().describe("Title of the page."),
          })
          .describe("A page."),
      }),
    )
      .optional()
      .describe("OpenAI's citations. Not sent."),
    audio: z
      .object({
        id: shortText().describe("Its id."),
        data: longText().describe("The sound in base64."),
        expires_at: z.int().describe("Unix time in seconds until which its id may be used."),
        transcript: longText().describe("Its words."),
      })
      .nullish()
      .describe("OpenAI's spoken reply. Not sent."),
    function_call: FunctionCall.nullish().describe("OpenAI's older form of `tool_calls`. Not sent."),
  })
  .meta({ id: "ChatCompletionMessage", description: "The agent's reply." });

/** Fields that chunks and whole replies share, in the order they are sent in. */
export const shared = {
  created: z.int().describe("Unix time in seconds at which the run began."),
  model: shortText().describe("`model` of the request."),
} as const;

export const notSent = {
  service_tier: z
    .enum(["auto", "default", "flex", "scale", "priority", "fast"])
    .nullish()
    .describe("OpenAI's price class. Not sent."),
  system_fingerprint: shortText().optional().describe("OpenAI's backend version. Not sent."),
} as const;

export const ChatCompletion = z
  .object({
    id: shortText().describe("Id of the completion: `chatcmpl-…`."),
    object: z.literal("chat.completion").describe("Always `chat.completion`."),
    ...shared,
    choices: z
      .array(
        z.object({
          index: z.int().min(0).describe("Always 0."),
          message: Message,
          logprobs: Logprobs,
          finish_reason: FinishReason.describe(finishReasons),
        }),
      )
      .max(128)
      .describe("Exactly one."),
    usage: Usage.optional(),
    openclaw: ToolActivities.optional(),
    ...notSent,
  })
  .meta({ id: "ChatCompletion", description: "A whole reply." });
export type ChatCompletion = z.infer<typeof ChatCompletion>;
