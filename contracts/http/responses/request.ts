/** The body of POST /v1/responses: OpenAI's and OpenResponses' whole request, and what this gateway does with each field. */
import { z } from "zod";
import { anyObject, listOf, longText, shortText, toolName } from "../../limits.ts";
import { samplingHints } from "../sampling.ts";
import { InputItem } from "./items.ts";
import { ResponseTool, ResponseToolChoice } from "./tools.ts";

/** Fields that say what the conversation is; other endpoints take them too. */
export const conversationFields = {
  model: shortText()
    .nullish()
    .describe(
      "The agent: `openclaw` or `openclaw/default` for the default one, `openclaw:<id>`, `openclaw/<id>` or `agent:<id>` for another; an id that does not exist is 404 `model_not_found`. Any other name, and none, means the default agent unless the gateway is set to refuse it. The response echoes it.",
    ),
  input: z
    .union([longText(), listOf(InputItem)])
    .nullish()
    .describe(
      "What is new: one text of the user's, or 1–2000 items. Without `previous_response_id` and session they are the whole conversation. With a session, only those after the last item of the assistant's are new. Required.",
    ),
  instructions: longText()
    .nullish()
    .describe(
      "Instructions for this run, after the agent's own and before those of `input`. Not carried over to the next response.",
    ),
  previous_response_id: shortText()
    .nullish()
    .describe(
      "Id of a stored response to continue: its input and output come before `input`. One that does not exist, has expired, or belongs to another credential or agent is 400 `previous_response_not_found`. Together with a session key it is 400.",
    ),
  conversation: z
    .union([shortText(), anyObject()])
    .nullish()
    .describe(
      "OpenAI's conversation object. Refused with 400 `unsupported_value`: send a session key or `previous_response_id`.",
    ),
} as const;

const storageFields = {
  store: z
    .boolean()
    .nullish()
    .describe(
      "Keep the response, so that it can be looked up and continued. False leaves nothing behind. Default: true.",
    ),
  background: z
    .boolean()
    .nullish()
    .describe(
      "Answer at once with a response that is `queued` or `in_progress`, and go on when nobody listens: look it up, stream it or cancel it by its id. Needs `store`. Default: false.",
    ),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((pairs) => Object.keys(pairs).length <= 16, "must have at most 16 pairs")
    .nullish()
    .describe("Up to 16 pairs of your own, keys to 64 and values to 512 characters. Echoed."),
} as const;

const streamFields = {
  stream: z
    .boolean()
    .nullish()
    .describe("Answer with server-sent events as the response is made. Default: false."),
  stream_options: z
    .object({
      include_obfuscation: z.boolean().nullish().describe("Accepted and ignored: nothing is padded."),
    })
    .nullish()
    .describe("Options of the stream."),
  include: listOf(shortText())
    .nullish()
    .describe(
      "`reasoning.encrypted_content`: thinking comes sealed too, to be sent back where nothing is stored. `message.output_text.logprobs` is refused with 400 `unsupported_value`. Others are accepted and ignored.",
    ),
} as const;

/** Shared with the counting of tokens. */
export const toolFields = {
  tools: listOf(ResponseTool)
    .max(128)
    .nullish()
    .describe(
      "Up to 128 tools of yours, offered to the model beside the agent's own. A call ends the response with a `function_call` item: run it and send a `function_call_output`.",
    ),
  tool_choice: ResponseToolChoice.nullish().describe(
    "`none`: no calls. `auto`: the model decides. `required`: at least one call. An object: a call of that tool, or of one of those allowed. Enforced: a choice that the agent's model cannot be held to, or a tool that `tools` lacks, is 400. Default: `auto`.",
  ),
  parallel_tool_calls: z
    .boolean()
    .nullish()
    .describe("False: at most one call in a response. Enforced. Default: true."),
} as const;

const TextFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text").describe("Always `text`.") }),
  z.object({ type: z.literal("json_object").describe("Always `json_object`: some JSON object.") }),
  z.object({
    type: z.literal("json_schema").describe("Always `json_schema`: JSON of a given shape."),
    name: toolName()
      .nullish()
      .describe("A name for the shape: 1–64 letters, digits, `_` and `-`. Default: `response`."),
    description: longText().nullish().describe("What the JSON is for, for the model."),
    schema: anyObject().nullish().describe("JSON Schema of the answer."),
    strict: z.boolean().nullish().describe("Hold the model to `schema` exactly. Default: false."),
  }),
]);

/** Shared with the counting of tokens. */
export const outputFields = {
  text: z
    .object({
      format: TextFormat.nullish().describe(
        "What the answer has to be. Honoured; a JSON format that the agent's model cannot be held to is 400 `unsupported_value`. Default: text.",
      ),
      verbosity: z
        .enum(["low", "medium", "high"])
        .nullish()
        .describe("Length of the answer. Echoed, not acted upon."),
    })
    .nullish()
    .describe("The form of the answer."),
  reasoning: z
    .object({
      effort: z
        .enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"])
        .nullish()
        .describe("How much the model thinks first. A hint. Default: the agent's setting."),
      summary: z
        .enum(["auto", "concise", "detailed"])
        .nullish()
        .describe("Echoed. Thinking that the model shows is always sent, as it comes, as a summary."),
      generate_summary: z
        .enum(["auto", "concise", "detailed"])
        .nullish()
        .describe("Older name of `summary`, which wins when both are sent."),
    })
    .nullish()
    .describe("How the model thinks."),
  truncation: z
    .enum(["auto", "disabled"])
    .nullish()
    .describe(
      "`disabled`: a conversation that does not fit the model's context is 400 `context_length_exceeded`. Otherwise a summary takes the place of its oldest part. Echoed; said to be `disabled` when it was not sent.",
    ),
} as const;

const limitFields = {
  max_output_tokens: z
    .int()
    .min(16)
    .nullish()
    .describe(
      "At least 16: most tokens of each model reply in the run, thinking included; then the response is `incomplete`.",
    ),
  max_tool_calls: z
    .int()
    .min(1)
    .nullish()
    .describe("Most calls of the agent's own tools in the run; those of yours do not count."),
  top_logprobs: z
    .int()
    .min(0)
    .max(20)
    .nullish()
    .describe("Alternatives per token. More than 0 is 400 `unsupported_value`."),
} as const;

const callerFields = {
  user: shortText()
    .nullish()
    .describe(
      "Your id for the person. Unless the gateway's configuration says otherwise, the same non-blank `user` continues the same stored conversation when neither a session key nor `previous_response_id` is sent.",
    ),
  safety_identifier: z.string().max(64).nullish().describe("Your hashed id of the person. Echoed."),
  prompt_cache_key: z.string().max(64).nullish().describe("Echoed, not acted upon."),
} as const;

const ignoredFields = {
  service_tier: shortText()
    .nullish()
    .describe("OpenAI's price class. Accepted and ignored: the response says `default`."),
  prompt: anyObject()
    .nullish()
    .describe(
      "OpenAI's stored prompt. Refused with 400 `unsupported_value`: write it into `instructions` or the agent's own.",
    ),
  context_management: listOf(anyObject())
    .nullish()
    .describe("When OpenAI compacts. Accepted and ignored: see `truncation`."),
  prompt_cache_options: anyObject().nullish().describe("Accepted and ignored."),
  prompt_cache_retention: shortText().nullish().describe("Accepted and ignored."),
  moderation: anyObject()
    .nullish()
    .describe("OpenAI's moderation of input and output. Accepted and ignored."),
  access_programs: anyObject().nullish().describe("OpenAI's access programs. Accepted and ignored."),
  image: anyObject().nullish().describe("OpenAI's handling of images. Accepted and ignored."),
} as const;

export const ResponseRequest = z
  .object({
    ...conversationFields,
    ...storageFields,
    ...streamFields,
    ...toolFields,
    ...outputFields,
    ...limitFields,
    ...samplingHints,
    ...callerFields,
    ...ignoredFields,
  })
  .meta({
    id: "ResponseRequest",
    description:
      "OpenAI's and OpenResponses' request for a response. Fields that this list lacks are accepted and ignored; null means the same as leaving an optional field out.",
  });
export type ResponseRequest = z.infer<typeof ResponseRequest>;
