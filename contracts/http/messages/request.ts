/** The body of POST /v1/messages: Anthropic's request, and what the gateway does with it. */
import { z } from "zod";
import { anyObject, limits, listOf, longText, shortText } from "../../limits.ts";
import { cacheControl, MessagesContent, MessagesTexts } from "./content.ts";
import { MessagesTool, MessagesToolChoice } from "./tools.ts";

const Effort = z
  .enum(["low", "medium", "high", "xhigh", "max"])
  .meta({ id: "MessagesEffort", description: "How much a model thinks." });

const UserMessage = z
  .object({ role: z.literal("user").describe("Always `user`."), content: MessagesContent })
  .meta({ id: "MessagesUserMessage", description: "A message of the user, and results of calls." });

const AssistantMessage = z
  .object({
    role: z.literal("assistant").describe("Always `assistant`."),
    content: MessagesContent.nullish().describe(
      "A text, or a list of blocks. A message without content is ignored.",
    ),
  })
  .meta({
    id: "MessagesAssistantMessage",
    description: "An earlier reply. Send its content back unchanged.",
  });

const SystemMessageConfig = z
  .object({ effort: Effort.nullish().describe("How much the model thinks from here on.") })
  .meta({ id: "MessagesSystemMessageConfig", description: "A change of settings." });

const SystemMessage = z
  .object({
    role: z.literal("system").describe("Always `system`."),
    content: MessagesContent.nullish().describe(
      "The instructions. Other blocks than text and tool changes are 400.",
    ),
    output_config: SystemMessageConfig.nullish().describe("The `effort` from here on; the last one applies."),
  })
  .meta({
    id: "MessagesSystemMessage",
    description:
      "Instructions in the conversation. Before the first message they join `system`; later ones join the message before them.",
  });

const InputMessage = z
  .discriminatedUnion("role", [UserMessage, AssistantMessage, SystemMessage])
  .meta({ id: "MessagesInputMessage", description: "A message." });
export type InputMessage = z.infer<typeof InputMessage>;

const SystemText = z
  .union([longText(), MessagesTexts])
  .meta({ id: "MessagesSystem", description: "A text, or a list of text blocks." });

const Thinking = z
  .object({
    type: z
      .enum(["enabled", "adaptive", "between_tools", "disabled"])
      .meta({ id: "MessagesThinkingType", description: "Whether a model thinks first." }),
    budget_tokens: z
      .int()
      .min(0)
      .max(limits.count)
      .nullish()
      .describe(
        "With `enabled`: from 4096 the model thinks at level `high`, from 2048 `medium`, from 1024 `low`, below `minimal`.",
      ),
    display: shortText()
      .nullish()
      .describe("`omitted`: thinking blocks have no text, only a signature. Any other value: with text."),
  })
  .meta({
    id: "MessagesThinkingConfig",
    description:
      "Thinking before the reply. Without it, or with `disabled`, a reply has no thinking blocks; what a provider needs back with calls is in a `redacted_thinking` block then.",
  });

const JsonOutputFormat = z
  .object({
    type: z.literal("json_schema").describe("Always `json_schema`."),
    schema: anyObject().describe("JSON Schema of the reply."),
  })
  .meta({ id: "MessagesOutputFormat", description: "JSON that matches a schema." });

const outputFormat = JsonOutputFormat.nullish().describe(
  "Format of the reply. Enforced: one that the model does not support is 400 `unsupported_value`. Default: text.",
);

const OutputConfig = z
  .object({
    effort: Effort.nullish().describe("How much the model thinks: a hint. Default: the agent's setting."),
    format: outputFormat,
    task_budget: anyObject().nullish().describe("Accepted and ignored."),
  })
  .meta({
    id: "MessagesOutputConfig",
    description: "How much the model thinks, and the format of the reply.",
  });

const Metadata = z
  .object({ user_id: longText().nullish().describe("Accepted and ignored: it selects no session.") })
  .meta({ id: "MessagesMetadata", description: "Your data about the request." });

/** The fields that decide what a model reads. `count_tokens` has them too. */
export const promptFields = {
  model: shortText().describe(
    "The agent: `openclaw` for the default agent, `openclaw:<id>`, `claude-openclaw-<id>` or `agent:<id>` for another; an unknown id is 404 `model_not_found`. `gateway.http.modelAliases` maps other names, also with globs: `claude-haiku-*`. Any name besides selects the default agent, unless the gateway's configuration rejects it. A suffix `[1m]` is ignored. The reply repeats this value.",
  ),
  messages: listOf(InputMessage)
    .min(1)
    .describe(
      `The conversation, 1–${limits.items} messages. Without a session they are the whole conversation. With a session, only those after the last \`assistant\` message are new. Results of calls may lie anywhere after their call; a call without a result gets one that says so. The last message must not be of the role \`assistant\`.`,
    ),
  system: SystemText.nullish().describe("Instructions for this run, after the agent's own."),
  tools: listOf(MessagesTool)
    .nullish()
    .describe(
      "Tools of yours. A call ends the run: run it and send a `tool_result` in the next user message.",
    ),
  tool_choice: MessagesToolChoice.nullish().describe("Default: `auto`."),
  thinking: Thinking.nullish().describe("Whether a model thinks first, and whether the reply shows it."),
  output_config: OutputConfig.nullish().describe("How much the model thinks, and the format of the reply."),
  output_format: outputFormat.describe("Older name of `output_config.format`, which takes precedence."),
  mcp_servers: listOf(anyObject())
    .nullish()
    .describe("MCP servers of the caller. Rejected with 400 `unsupported_value` unless it is empty."),
  thread: anyObject()
    .nullish()
    .describe("A thread at Anthropic. Rejected with 400 `thread_unsupported_request`: send all messages."),
  cache_control: cacheControl,
  context_management: anyObject().nullish().describe("Accepted and ignored: nothing is edited."),
} as const;

const runFields = {
  max_tokens: z
    .int()
    .min(1)
    .max(limits.count)
    .describe(
      "Largest number of tokens of each model reply in the run, thinking included. Lowered to the limit of the model if it is more. At the limit `stop_reason` is `max_tokens`.",
    ),
  stream: z
    .boolean()
    .nullish()
    .describe("Return the reply as server-sent events while it is generated. Default: false."),
  stop_sequences: listOf(longText())
    .nullish()
    .describe(
      "Texts before which the reply ends. `stop_sequence` of the reply names the one that was reached, if the provider reports it. Blank ones are ignored.",
    ),
  temperature: z.number().min(0).max(2).nullish().describe("0–1; higher values are more random. A hint."),
  top_p: z
    .number()
    .min(0)
    .max(1)
    .nullish()
    .describe("0–1: sample from the most likely tokens with this total probability. A hint."),
  top_k: z.int().min(0).max(limits.count).nullish().describe("Accepted and ignored."),
  metadata: Metadata.nullish().describe("Your data about the request."),
  service_tier: shortText().nullish().describe("Accepted and ignored."),
  inference_geo: shortText().nullish().describe("Accepted and ignored."),
} as const;

export const MessagesRequest = z.object({ ...promptFields, ...runFields }).meta({
  id: "MessagesRequest",
  description:
    "Anthropic's messages request. Unknown fields and unknown values of `anthropic-beta` are accepted and ignored. Null is the same as an absent optional field.",
});
export type MessagesRequest = z.infer<typeof MessagesRequest>;
