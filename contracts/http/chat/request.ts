/** The body of POST /v1/chat/completions: every field of OpenAI's request, and what the gateway does with it. */
import { z } from "zod";
import {
  anyObject,
  limits,
  listOf,
  longText,
  metadata,
  shortText,
  toolName,
  toolNameRule,
} from "../../limits.ts";
import { toTokenLimit } from "../older-forms.ts";
import { samplingHints } from "../sampling.ts";
import { JsonObjectFormat, Moderation, ReasoningEffort, TextFormat, Verbosity } from "../shared-schemas.ts";
import { ChatMessage, TextContent } from "./messages.ts";
import { ChatTool, ChatToolChoice } from "./tools.ts";

const JsonSchemaFormat = z
  .object({
    type: z.literal("json_schema").describe("Always `json_schema`."),
    json_schema: z
      .object({
        name: toolName().nullish().describe(`Name of the schema: ${toolNameRule}. Default: \`response\`.`),
        description: longText().nullish().describe("Description of the JSON, for the model."),
        schema: anyObject().nullish().describe("JSON Schema of the reply."),
        strict: z.boolean().nullish().describe("Require the reply to match `schema` exactly."),
      })
      .meta({ id: "ChatJsonSchema", description: "The shape of the reply." }),
  })
  .meta({ id: "ChatJsonSchemaFormat", description: "JSON that matches a schema." });

const ResponseFormat = z
  .discriminatedUnion("type", [TextFormat, JsonObjectFormat, JsonSchemaFormat])
  .meta({ id: "ChatResponseFormat", description: "The format of the reply." });

const OlderFunction = z
  .object({
    name: toolName().describe("Its name."),
    description: longText().nullish().describe("What it does."),
    parameters: anyObject().nullish().describe("JSON Schema of the arguments."),
  })
  .meta({ id: "ChatOlderFunction", description: "A function in the deprecated form." });

const OlderFunctionMode = z
  .enum(["none", "auto"])
  .meta({ id: "ChatOlderFunctionMode", description: "Whether functions may be called." });

const OlderFunctionReference = z
  .object({ name: toolName().describe("The function to call.") })
  .meta({ id: "ChatOlderFunctionReference", description: "A function by its name." });

const OlderFunctionChoice = z
  .union([OlderFunctionMode, OlderFunctionReference])
  .meta({ id: "ChatOlderFunctionChoice", description: "The deprecated form of a tool choice." });

const StreamOptions = z
  .object({
    include_usage: z
      .boolean()
      .nullish()
      .describe(
        "End the stream with a chunk that has no choices and the usage of the run. Omitted when the provider does not report usage.",
      ),
    include_obfuscation: z.boolean().nullish().describe("Accepted and ignored: nothing is padded."),
  })
  .meta({ id: "ChatStreamOptions", description: "Options of the stream." });

const StopSequences = z
  .union([longText(), z.array(longText()).max(limits.stops)])
  .meta({ id: "ChatStopSequences", description: "One stop sequence, or a list." });

const Modality = z.enum(["text", "audio"]).meta({ id: "ChatModality", description: "A kind of output." });

const Voice = z
  .union([
    shortText(),
    z
      .object({ id: shortText().describe("Id of a custom voice.") })
      .meta({ id: "ChatCustomVoice", description: "A custom voice." }),
  ])
  .meta({ id: "ChatVoice", description: "Who speaks." });

const AudioOptions = z
  .object({
    format: z
      .enum(["wav", "aac", "mp3", "flac", "opus", "pcm16"])
      .meta({ id: "ChatAudioFormat", description: "Format of the audio." }),
    voice: Voice,
  })
  .meta({ id: "ChatAudioOptions", description: "Options of audio output." });

const Prediction = z
  .object({
    type: z.literal("content").describe("Always `content`."),
    content: TextContent.describe("The predicted text of the reply."),
  })
  .meta({ id: "ChatPrediction", description: "Predicted output." });

const what = {
  messages: listOf(ChatMessage)
    .min(1)
    .describe(
      `The conversation, 1–${limits.items} messages. Without a session they are the whole conversation. With a session, only those after the last \`assistant\` message are new; a request without new messages is 400.`,
    ),
  model: shortText().describe(
    "The agent: `openclaw` or `openclaw/default` for the default agent, `openclaw:<id>`, `openclaw/<id>` or `agent:<id>` for another; an unknown id is 404 `model_not_found`. Any other name selects the default agent, unless the gateway's configuration rejects it. The reply repeats this value.",
  ),
  stream: z
    .boolean()
    .nullish()
    .describe("Return the reply as server-sent events while it is generated. Default: false."),
  stream_options: StreamOptions.nullish().describe("Options of the stream; ignored without `stream`."),
  user: shortText()
    .nullish()
    .describe(
      "Your id of the end user. Without a session key, requests with the same non-blank `user` share one session, unless the gateway's configuration disables that.",
    ),
} as const;

const tools = {
  tools: z
    .array(ChatTool)
    .max(limits.tools)
    .nullish()
    .describe(
      `Up to ${limits.tools} tools of yours for the model. A call ends the run with \`finish_reason: "tool_calls"\`: run it and send the result as a \`tool\` message.`,
    ),
  tool_choice: ChatToolChoice.nullish().describe(
    "`none`: no calls. `auto`: the model decides. `required`: at least one call. An object: a call of that tool, or of one of the allowed tools. Enforced: a choice that the model does not support, or a tool that is not in `tools`, is 400. Default: `auto`.",
  ),
  parallel_tool_calls: z
    .boolean()
    .nullish()
    .describe("False: at most one call per reply. Enforced. Default: true."),
  functions: z
    .array(OlderFunction)
    .max(limits.tools)
    .nullish()
    .describe("Deprecated form of `tools`. Rejected with 400 `unsupported_value` unless it is empty."),
  function_call: OlderFunctionChoice.nullish().describe(
    "Deprecated form of `tool_choice`. A named function is rejected with 400 `unsupported_value`.",
  ),
} as const;

const shape = {
  response_format: ResponseFormat.nullish().describe(
    "Format of the reply. Enforced: a JSON format that the model does not support is 400 `unsupported_value`. Default: text.",
  ),
  max_completion_tokens: z
    .int()
    .min(-1)
    .max(limits.count)
    .transform(toTokenLimit)
    .nullish()
    .describe(
      "Largest number of tokens of each model reply in the run, thinking included. At the limit `finish_reason` is `length`. 0 and −1 mean no limit.",
    ),
  max_tokens: z
    .int()
    .min(-1)
    .max(limits.count)
    .transform(toTokenLimit)
    .nullish()
    .describe("Deprecated name of `max_completion_tokens`, which takes precedence when both are sent."),
  stop: StopSequences.nullish().describe(`Up to ${limits.stops} stop sequences. The reply ends before them.`),
  n: z
    .int()
    .min(1)
    .max(128)
    .nullish()
    .describe("Number of choices. More than 1 is 400 `unsupported_value`. Default: 1."),
  logprobs: z.boolean().nullish().describe("Log probabilities. True is 400 `unsupported_value`."),
  top_logprobs: z
    .int()
    .min(0)
    .max(20)
    .nullish()
    .describe("Alternatives per token. More than 0 is 400 `unsupported_value`."),
  modalities: z
    .array(Modality)
    .max(2)
    .nullish()
    .describe("Output modalities. `audio` is 400 `unsupported_value`. Default: text."),
  audio: AudioOptions.nullish().describe("Options of audio output. Rejected with 400 `unsupported_value`."),
} as const;

const hints = {
  ...samplingHints,
  logit_bias: z
    .record(shortText(), z.number().min(-100).max(100))
    .nullish()
    .describe("Map of token id to a bias of −100 to 100. A hint."),
  seed: z
    .int()
    .min(Number.MIN_SAFE_INTEGER)
    .max(Number.MAX_SAFE_INTEGER)
    .nullish()
    .describe("Seed for reproducible sampling. A hint."),
  reasoning_effort: ReasoningEffort.nullish().describe(
    "Reasoning effort. A hint. Default: the agent's setting.",
  ),
} as const;

const caching = {
  prompt_cache_key: shortText()
    .nullish()
    .describe(
      "Groups requests whose beginnings are equal in the provider's cache. Passed to providers that have caches by key; without it the key of a session is derived from the session.",
    ),
  prompt_cache_retention: shortText()
    .nullish()
    .describe(
      "How long the provider keeps what it caches, for instance `24h`. Passed to providers that know it.",
    ),
} as const;

const ignored = {
  verbosity: Verbosity.nullish().describe("Length of the reply. Accepted and ignored."),
  metadata: metadata()
    .nullish()
    .describe(
      `Up to ${limits.metadata.pairs} key-value pairs. Keys have at most ${limits.metadata.key} characters, values ${limits.metadata.value}. Accepted and ignored.`,
    ),
  store: z
    .boolean()
    .nullish()
    .describe(
      "Store the completion at OpenAI. Accepted and ignored: the gateway stores conversations by session.",
    ),
  service_tier: shortText().nullish().describe("OpenAI's service tier. Accepted and ignored."),
  safety_identifier: z
    .string()
    .max(64)
    .nullish()
    .describe("Your hashed id of the end user, for OpenAI. Accepted and ignored."),
  prompt_cache_options: anyObject().nullish().describe("Accepted and ignored."),
  prediction: Prediction.nullish().describe("Predicted output, for lower latency. Accepted and ignored."),
  moderation: Moderation.nullish().describe("OpenAI's moderation of input and output."),
  web_search_options: anyObject().nullish().describe("OpenAI's web search. Accepted and ignored."),
} as const;

export const ChatCompletionRequest = z
  .object({ ...what, ...tools, ...shape, ...hints, ...caching, ...ignored })
  .meta({
    id: "ChatCompletionRequest",
    description:
      "OpenAI's chat completion request. Unknown fields are accepted and ignored. Null is the same as an absent optional field.",
  });
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;
