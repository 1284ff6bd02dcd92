/** The body of POST /v1/chat/completions: OpenAI's whole request, and what this gateway does with each field. */
import { z } from "zod";
import { anyObject, limits, listOf, longText, shortText, toolName } from "../../limits.ts";
import { samplingHints } from "../sampling.ts";
import { ChatMessage, textContent } from "./messages.ts";
import { ChatTool, ChatToolChoice } from "./tools.ts";

const ResponseFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text").describe("Always `text`.") }),
  z.object({ type: z.literal("json_object").describe("Always `json_object`: some JSON object.") }),
  z.object({
    type: z.literal("json_schema").describe("Always `json_schema`: JSON of a given shape."),
    json_schema: z
      .object({
        name: toolName().describe("A name for the shape: 1–64 letters, digits, `_` and `-`."),
        description: longText().nullish().describe("What the JSON is for, for the model."),
        schema: anyObject().nullish().describe("JSON Schema of the answer."),
        strict: z.boolean().nullish().describe("Hold the model to `schema` exactly."),
      })
      .describe("The shape."),
  }),
]);

const OlderFunction = z.object({
  name: toolName().describe("Its name."),
  description: longText().nullish().describe("What it does."),
  parameters: anyObject().nullish().describe("JSON Schema of the arguments."),
});

const what = {
  messages: listOf(ChatMessage)
    .min(1)
    .describe(
      "The conversation, 1–2000 messages. Without a stored session they are all of it. With one, only those after the last `assistant` message are new; a request without new ones is 400.",
    ),
  model: shortText().describe(
    "The agent: `openclaw` or `openclaw/default` for the default one, `openclaw:<id>`, `openclaw/<id>` or `agent:<id>` for another; an id that does not exist is 404 `model_not_found`. Any other name means the default agent unless the gateway is set to refuse it. The reply echoes it.",
  ),
  stream: z
    .boolean()
    .nullish()
    .describe("Answer with server-sent events as the reply is made. Default: false."),
  stream_options: z
    .object({
      include_usage: z
        .boolean()
        .nullish()
        .describe(
          "End the stream with a chunk that has no choices and the usage of the run. It is left out when the model's provider does not count.",
        ),
      include_obfuscation: z.boolean().nullish().describe("Accepted and ignored: nothing is padded."),
    })
    .nullish()
    .describe("Options of the stream; ignored without `stream`."),
  user: shortText()
    .nullish()
    .describe(
      "Your id for the person. Unless the gateway's configuration says otherwise, the same non-blank `user` continues the same stored conversation when no session key is sent.",
    ),
} as const;

const tools = {
  tools: z
    .array(ChatTool)
    .max(limits.tools)
    .nullish()
    .describe(
      'Up to 128 tools of yours, offered to the model. A call ends the run with `finish_reason: "tool_calls"`: run it and send the result as a `tool` message.',
    ),
  tool_choice: ChatToolChoice.nullish().describe(
    "`none`: no calls. `auto`: the model decides. `required`: at least one call. An object: a call of that tool, or of one of those allowed. Enforced: a choice that the agent's model cannot be held to, or a tool that `tools` lacks, is 400. Default: `auto`.",
  ),
  parallel_tool_calls: z
    .boolean()
    .nullish()
    .describe("False: at most one call in a reply. Enforced. Default: true."),
  functions: z
    .array(OlderFunction)
    .max(limits.tools)
    .nullish()
    .describe("Older form of `tools`. Refused with 400 `unsupported_value` unless it is empty."),
  function_call: z
    .union([z.enum(["none", "auto"]), z.object({ name: toolName().describe("The function to call.") })])
    .nullish()
    .describe("Older form of `tool_choice`. A named function is refused with 400 `unsupported_value`."),
} as const;

const shape = {
  response_format: ResponseFormat.nullish().describe(
    "What the answer has to be. Honoured; a JSON format that the agent's model cannot be held to is 400 `unsupported_value`. Default: text.",
  ),
  max_completion_tokens: z
    .int()
    .min(0)
    .nullish()
    .describe(
      "Most tokens of each model reply in the run, thinking included; then `finish_reason` is `length`. 0 counts as not sent.",
    ),
  max_tokens: z
    .int()
    .min(0)
    .nullish()
    .describe("Older name of `max_completion_tokens`, which wins when both are sent."),
  stop: z
    .union([longText(), z.array(longText()).max(limits.stops)])
    .nullish()
    .describe("Up to 4 texts before which the reply ends. They are not part of it."),
  n: z
    .int()
    .min(1)
    .max(128)
    .nullish()
    .describe("How many replies. More than 1 is 400 `unsupported_value`. Default: 1."),
  logprobs: z.boolean().nullish().describe("Token probabilities. True is 400 `unsupported_value`."),
  top_logprobs: z
    .int()
    .min(0)
    .max(20)
    .nullish()
    .describe("Alternatives per token. More than 0 is 400 `unsupported_value`."),
  modalities: z
    .array(z.enum(["text", "audio"]))
    .max(2)
    .nullish()
    .describe("Kinds of output. `audio` is 400 `unsupported_value`. Default: text."),
  audio: z
    .object({
      format: z.enum(["wav", "aac", "mp3", "flac", "opus", "pcm16"]).describe("How the sound is encoded."),
      voice: z
        .union([shortText(), z.object({ id: shortText().describe("Id of a voice of your own.") })])
        .describe("Who speaks."),
    })
    .nullish()
    .describe("Options of spoken output. Refused with 400 `unsupported_value`."),
} as const;

const hints = {
  ...samplingHints,
  logit_bias: z
    .record(shortText(), z.number().min(-100).max(100))
    .nullish()
    .describe("Token id to −100…100: how much likelier a token becomes. A hint."),
  seed: z.int().nullish().describe("The same seed aims at the same reply. A hint."),
  reasoning_effort: z
    .enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
    .nullish()
    .describe("How much the model thinks first. A hint. Default: the agent's setting."),
} as const;

const ignored = {
  verbosity: z
    .enum(["low", "medium", "high"])
    .nullish()
    .describe("Length of the reply. Accepted and ignored."),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .nullish()
    .describe("Up to 16 pairs of your own, keys to 64 and values to 512 characters. Accepted and ignored."),
  store: z
    .boolean()
    .nullish()
    .describe("Keep the completion at OpenAI. Accepted and ignored: conversations are kept by session."),
  service_tier: shortText().nullish().describe("OpenAI's price class. Accepted and ignored."),
  safety_identifier: z
    .string()
    .max(64)
    .nullish()
    .describe("Your hashed id of the person, for OpenAI. Accepted and ignored."),
  prompt_cache_key: shortText().nullish().describe("Accepted and ignored."),
  prompt_cache_options: anyObject().nullish().describe("Accepted and ignored."),
  prompt_cache_retention: shortText().nullish().describe("Accepted and ignored."),
  prediction: z
    .object({
      type: z.literal("content").describe("Always `content`."),
      content: textContent.describe("Text that the reply will mostly repeat."),
    })
    .nullish()
    .describe("A guess at the reply, to speed it up. Accepted and ignored."),
  moderation: anyObject()
    .nullish()
    .describe("OpenAI's moderation of input and output. Accepted and ignored."),
  web_search_options: anyObject().nullish().describe("OpenAI's own web search. Accepted and ignored."),
} as const;

export const ChatCompletionRequest = z.object({ ...what, ...tools, ...shape, ...hints, ...ignored }).meta({
  id: "ChatCompletionRequest",
  description:
    "OpenAI's chat completion request. Fields that this list lacks are accepted and ignored; null means the same as leaving an optional field out.",
});
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;
