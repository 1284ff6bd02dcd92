/** The chat completion object, and the schemas that it shares with chunks. */
import { z } from "zod";
import { limits, listOf, longText, shortText } from "../../limits.ts";
import { ToolActivities } from "../tool-activity.ts";
import { FunctionCall, reasoningDetails, reasoningDetailsDescription, ToolCall } from "./tools.ts";

const tokens = z.int().min(0);

const PromptTokensDetails = z
  .object({
    cached_tokens: tokens.describe("Tokens read from the provider's cache."),
    audio_tokens: tokens.describe("Audio tokens. Always 0."),
    cache_write_tokens: tokens.describe("Tokens written to the provider's cache."),
  })
  .meta({ id: "ChatPromptTokensDetails", description: "Breakdown of `prompt_tokens`." });

const CompletionTokensDetails = z
  .object({
    reasoning_tokens: tokens.describe("Of them, thinking."),
    audio_tokens: tokens.describe("Audio tokens. Always 0."),
    accepted_prediction_tokens: tokens.describe("Predicted tokens that were used. Always 0."),
    rejected_prediction_tokens: tokens.describe("Predicted tokens that were not used. Always 0."),
  })
  .meta({ id: "ChatCompletionTokensDetails", description: "Breakdown of `completion_tokens`." });

export const Usage = z
  .object({
    prompt_tokens: tokens.describe("Tokens that the model read."),
    completion_tokens: tokens.describe("Tokens that the model wrote, thinking included."),
    total_tokens: tokens.describe("The sum of both."),
    prompt_tokens_details: PromptTokensDetails.optional(),
    completion_tokens_details: CompletionTokensDetails.optional(),
  })
  .meta({
    id: "ChatUsage",
    description:
      "Tokens of all model calls of the run, as counted by the provider. Absent when the provider does not report them.",
  });

export const FinishReason = z.enum(["stop", "length", "tool_calls", "content_filter", "function_call"]).meta({
  id: "ChatFinishReason",
  description:
    "`stop`: the reply is complete. `length`: a token limit was reached. `tool_calls`: run the calls and send their results. `content_filter`: the provider withheld the rest. `function_call` is deprecated by OpenAI and never sent.",
});

const logprob = {
  token: longText().describe("The token."),
  logprob: z.number().describe("Its log probability."),
  bytes: z.array(z.int().min(0).max(255)).max(limits.items).nullable().describe("Its UTF-8 bytes."),
} as const;

const TopLogprob = z
  .object(logprob)
  .meta({ id: "ChatTopLogprob", description: "A token and its log probability." });

const TokenLogprob = z
  .object({
    ...logprob,
    top_logprobs: z.array(TopLogprob).max(20).describe("The most likely tokens at this position."),
  })
  .meta({ id: "ChatTokenLogprob", description: "The log probabilities at one position." });

const Logprobs = z
  .object({
    content: listOf(TokenLogprob).nullable().describe("Log probabilities of the content."),
    refusal: listOf(TokenLogprob).nullable().describe("Log probabilities of the refusal."),
  })
  .meta({ id: "ChatLogprobs", description: "Log probabilities of the tokens of a reply." });

export const logprobs = Logprobs.nullable().describe(
  "Log probabilities. Always null: a request for them is rejected.",
);

const UrlCitation = z
  .object({
    type: z.literal("url_citation").describe("Always `url_citation`."),
    url_citation: z
      .object({
        start_index: z.int().min(0).describe("Index of the first cited character in the content."),
        end_index: z.int().min(0).describe("Last character."),
        url: longText().describe("Address of the page."),
        title: longText().describe("Title of the page."),
      })
      .meta({ id: "ChatCitedPage", description: "A page, and the part of the text that cites it." }),
  })
  .meta({ id: "ChatUrlCitation", description: "A citation." });

const AudioReply = z
  .object({
    id: shortText().describe("Its id."),
    data: longText().describe("The audio in base64."),
    expires_at: z.int().describe("Unix time in seconds at which the id expires."),
    transcript: longText().describe("Its words."),
  })
  .meta({ id: "ChatAudioReply", description: "A reply as audio." });

const Message = z
  .object({
    role: z.literal("assistant").describe("Always `assistant`."),
    content: longText().nullable().describe("The text; null when there are only tool calls or a refusal."),
    refusal: longText().nullable().describe("The model's refusal; null when there is none."),
    tool_calls: z.array(ToolCall).max(limits.tools).optional().describe("Calls of your tools, if any."),
    reasoning_content: longText()
      .optional()
      .describe("The model's thinking, if any. Not part of OpenAI's API."),
    reasoning_details: reasoningDetails.optional().describe(reasoningDetailsDescription),
    annotations: listOf(UrlCitation).optional().describe("OpenAI's citations. Never sent."),
    audio: AudioReply.nullish().describe("OpenAI's audio reply. Never sent."),
    function_call: FunctionCall.nullish().describe("OpenAI's deprecated form of `tool_calls`. Never sent."),
  })
  .meta({ id: "ChatCompletionMessage", description: "The agent's reply." });

/** Fields that chunks and completions share, in the order on the wire. */
export const shared = {
  created: z.int().describe("Unix time in seconds at which the run started."),
  model: shortText().describe("`model` of the request."),
} as const;

const ServiceTier = z
  .enum(["auto", "default", "flex", "scale", "priority", "fast"])
  .meta({ id: "ChatServiceTier", description: "OpenAI's service tiers." });

export const absentFields = {
  service_tier: ServiceTier.nullish().describe("OpenAI's service tier. Never sent."),
  system_fingerprint: shortText().optional().describe("OpenAI's backend version. Never sent."),
} as const;

export const ChatCompletion = z
  .object({
    id: shortText().describe("Id of the completion: `chatcmpl-…`."),
    object: z.literal("chat.completion").describe("Always `chat.completion`."),
    ...shared,
    choices: z
      .array(
        z
          .object({
            index: z.int().min(0).describe("Always 0."),
            message: Message,
            logprobs,
            finish_reason: FinishReason,
          })
          .meta({ id: "ChatChoice", description: "One choice of a completion." }),
      )
      .max(128)
      .describe("Exactly one."),
    usage: Usage.optional(),
    openclaw: ToolActivities.optional(),
    ...absentFields,
  })
  .meta({ id: "ChatCompletion", description: "A completion that is not streamed." });
export type ChatCompletion = z.infer<typeof ChatCompletion>;
