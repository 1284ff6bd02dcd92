/** The body of POST /v1/responses: every field of OpenAI and OpenResponses, and what this gateway does with it. */
import { z } from "zod";
import { anyObject, limits, listOf, longText, metadata, shortText } from "../../limits.ts";
import { toTokenLimit } from "../older-forms.ts";
import { samplingHints } from "../sampling.ts";
import { Moderation, ReasoningEffort, Verbosity } from "../shared-schemas.ts";
import { ReasoningSummary, Truncation } from "./item-fields.ts";
import { InputItem } from "./items.ts";
import { ResponseTextFormat } from "./text-format.ts";
import { ResponseTool, ResponseToolChoice } from "./tools.ts";

const Input = z
  .union([longText(), listOf(InputItem)])
  .meta({ id: "ResponseInput", description: "One text of the user, or 1–2000 items." });

const Conversation = z
  .union([
    shortText(),
    z
      .object({ id: shortText().min(1).describe("Its id.") })
      .meta({ id: "ResponseConversationReference", description: "A conversation." }),
  ])
  .meta({ id: "ResponseConversation", description: "A conversation, or its id." });

/** The fields of the conversation, which other endpoints accept too. */
export const conversationFields = {
  model: shortText()
    .nullish()
    .describe(
      "The agent: `openclaw` or `openclaw/default` for the default one, `openclaw:<id>`, `openclaw/<id>` or `agent:<id>` for another; an id that does not exist is 404 `model_not_found`. Any other name, or none, selects the default agent, unless the gateway is configured to reject it. The response echoes it.",
    ),
  input: Input.nullish().describe(
    `The new input: one text of the user, or 1–${limits.items} items. Without \`previous_response_id\` and session it is the whole conversation. With a session, only the items after the last item of the assistant are new. Required without \`conversation\`.`,
  ),
  instructions: longText()
    .nullish()
    .describe(
      "Instructions for this run, after the agent's own and before those of `input`. Not carried over to the next response.",
    ),
  previous_response_id: shortText()
    .nullish()
    .describe(
      "Id of a stored response to continue: its input and output come before `input`. A response that does not exist, has expired, or belongs to another credential or agent is 400 `previous_response_not_found`. Together with a session key it is 400.",
    ),
  conversation: Conversation.nullish().describe(
    "The conversation to continue, of `POST /v1/conversations`: its items come before `input`, and those of the request and the response are added when it completes, whatever `store` says. A failed or cancelled response adds nothing. The agent of its first response keeps it: another agent is 400. One that does not exist, has expired or belongs to another credential is 404 `conversation_not_found`. Together with `previous_response_id` or a session key it is 400.",
  ),
} as const;

const BackgroundOptions = z
  .object({
    completion_window: z
      .enum(["soonest", "2h", "8h"])
      .meta({ id: "ResponseCompletionWindow", description: "How long a background response may take." })
      .nullish()
      .describe("`2h` and `8h` need `background`, without `stream`. All are treated as `soonest`."),
    continuation_id: shortText().nullish().describe("Accepted and ignored."),
  })
  .meta({ id: "ResponseBackgroundOptions", description: "Options of a background response." });

const storageFields = {
  store: z
    .boolean()
    .nullish()
    .describe(
      "Store the response, so that it can be retrieved and continued. With false nothing is stored. Default: true.",
    ),
  background: z
    .boolean()
    .nullish()
    .describe(
      "Return a `queued` or `in_progress` response at once, and continue when the connection closes. Retrieve, stream or cancel the response by its id. Needs `store`. Default: false.",
    ),
  background_options: BackgroundOptions.nullish().describe("Options of a background response."),
  metadata: metadata()
    .nullish()
    .describe(
      `Up to ${limits.metadata.pairs} pairs of your own, keys to ${limits.metadata.key} and values to ${limits.metadata.value} characters. Echoed.`,
    ),
} as const;

const streamFields = {
  stream: z
    .boolean()
    .nullish()
    .describe("Return server-sent events while the response is in progress. Default: false."),
  stream_options: z
    .object({
      include_obfuscation: z.boolean().nullish().describe("Accepted and ignored: nothing is padded."),
    })
    .meta({ id: "ResponseStreamOptions", description: "Options of the stream." })
    .nullish()
    .describe("Options of the stream."),
  include: listOf(shortText())
    .nullish()
    .describe(
      "`reasoning.encrypted_content`: reasoning items have their text encrypted too, to be sent back when nothing is stored. `message.output_text.logprobs` is rejected with 400 `unsupported_value`. Other values are accepted and ignored.",
    ),
} as const;

/** Also accepted by the estimate of input tokens. */
export const toolFields = {
  tools: z
    .array(ResponseTool)
    .max(limits.tools)
    .nullish()
    .describe(
      `Up to ${limits.tools} tools of yours, which the model may call besides the agent's own. A call ends the response with a \`function_call\` item: run it and send a \`function_call_output\`.`,
    ),
  tool_choice: ResponseToolChoice.nullish().describe(
    "`none`: no calls. `auto`: the model decides. `required`: at least one call. An object: a call of that tool, or of one of those allowed. Enforced: a choice that the agent's model cannot guarantee, or a tool that is not in `tools`, is 400. Default: `auto`.",
  ),
  parallel_tool_calls: z
    .boolean()
    .nullish()
    .describe("False: at most one call in a response. Enforced. Default: true."),
} as const;

const TextOptions = z
  .object({
    format: ResponseTextFormat.nullish().describe(
      "The format of the text. Enforced: a JSON format that the agent's model cannot guarantee is 400 `unsupported_value`. Default: text.",
    ),
    verbosity: Verbosity.nullish().describe("Length of the text. Echoed, has no effect."),
  })
  .meta({ id: "ResponseTextOptions", description: "The form of the text." });

const ReasoningOptions = z
  .object({
    effort: ReasoningEffort.nullish().describe(
      "How much the model reasons first: a hint. Default: the agent's setting.",
    ),
    summary: ReasoningSummary.nullish().describe(
      "Echoed. Reasoning that the model returns is always sent as a summary, as it arrives.",
    ),
    generate_summary: ReasoningSummary.nullish().describe(
      "Older name of `summary`, which wins when both are sent.",
    ),
  })
  .meta({ id: "ResponseReasoningOptions", description: "How the model reasons." });

/** Also accepted by the estimate of input tokens. */
export const outputFields = {
  text: TextOptions.nullish().describe("The form of the text."),
  reasoning: ReasoningOptions.nullish().describe("How the model reasons."),
  truncation: Truncation.nullish().describe(
    "`disabled`: a conversation that does not fit the model's context is 400 `context_length_exceeded`. Otherwise a summary replaces its oldest part. Echoed; `disabled` if it was not sent.",
  ),
} as const;

/** OpenAI has the same minimum. */
const minOutputTokens = 16;

const limitFields = {
  max_output_tokens: z
    .int()
    .min(-1)
    .max(limits.count)
    .refine((tokens) => tokens <= 0 || tokens >= minOutputTokens, `must be at least ${minOutputTokens}`)
    .transform(toTokenLimit)
    .nullish()
    .describe(
      `The most tokens of each model reply in the run, reasoning included; at least ${minOutputTokens}. A response that reaches it is \`incomplete\`. 0 and −1 mean no limit.`,
    ),
  max_tool_calls: z
    .int()
    .min(1)
    .max(limits.count)
    .nullish()
    .describe("The most calls of the agent's own tools in the run. Calls of your tools do not count."),
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
      "Your id of the end user. Unless the gateway's configuration says otherwise, the same non-blank `user` continues the same stored conversation when neither a session key nor `previous_response_id` is sent.",
    ),
  safety_identifier: z.string().max(64).nullish().describe("Your hashed id of the end user. Echoed."),
  prompt_cache_key: z
    .string()
    .max(64)
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

const ignoredFields = {
  service_tier: shortText()
    .nullish()
    .describe("OpenAI's service tier. Accepted and ignored: the response has `default`."),
  prompt: anyObject()
    .nullish()
    .describe(
      "OpenAI's stored prompt. Rejected with 400 `unsupported_value`: write it into `instructions` or the agent's own.",
    ),
  context_management: listOf(anyObject())
    .nullish()
    .describe("When OpenAI compacts. Accepted and ignored: see `truncation`."),
  prompt_cache_options: anyObject()
    .nullish()
    .describe(
      "Accepted and ignored, except `prewarm`: true is 400 `unsupported_value` here, and brings input without an answer over the WebSocket.",
    ),
  generate: z
    .boolean()
    .nullish()
    .describe(
      "Whether the model is asked. False is for the WebSocket only, and 400 `unsupported_value` here.",
    ),
  multi_agent: anyObject()
    .nullish()
    .describe("OpenAI's several agents. With `enabled: true` it is 400 `unsupported_value`."),
  moderation: Moderation.nullish().describe("OpenAI's moderation of input and output."),
  client_metadata: anyObject()
    .nullish()
    .describe("Ids of the client's own, as Codex sends them. Accepted; the log has them at level `debug`."),
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
      "OpenAI's and OpenResponses' request for a response. Other fields are accepted and ignored; null means the same as leaving an optional field out.",
  });
export type ResponseRequest = z.infer<typeof ResponseRequest>;
