/** The input items of a conversation: messages, calls, their outputs, and items that are only passed through. */
import { z } from "zod";
import { listOf, longText, shortText } from "../../limits.ts";
import { callArguments } from "../older-forms.ts";
import { ItemStatus, MessagePhase } from "./item-fields.ts";
import { AdditionalTools, ConfigurationUpdate, ToolSearchOutput, type SettingItem } from "./setting-items.ts";
import { MessagePart, ReasoningText, SummaryText, ToolResultPart } from "./content.ts";

const commonFields = {
  id: shortText().nullish().describe("Its id, if it has one."),
  status: shortText().nullish().describe("Its status in the response. Accepted and ignored."),
} as const;

const callId = shortText()
  .min(1)
  .describe(
    "Id of the call. If the conversation has no such call, the request is 400 `unknown_tool_call_id`.",
  );

const Role = z.enum(["user", "assistant", "system", "developer"]).meta({
  id: "ResponseRole",
  description:
    "The author. `system` and `developer` messages are instructions: they follow the agent's own, and stay in force for responses that continue this one by `previous_response_id`. A session does not keep them.",
});

const MessageContent = z.union([longText(), listOf(MessagePart)]).meta({
  id: "ResponseMessageContent",
  description:
    "A text or parts. Images and files are allowed in `user` messages only, refusals in `assistant` messages only.",
});

const Message = z
  .object({
    type: z.literal("message").nullish().describe("Always `message`; may be left out."),
    role: Role,
    content: MessageContent,
    phase: MessagePhase.nullish().describe(
      "Whether the assistant's message was commentary before a tool call or the final answer. Send it back as it came: OpenAI's models, and servers that name phases, get it.",
    ),
    ...commonFields,
  })
  .meta({ id: "ResponseMessageItem", description: "A message." });

const FunctionCall = z
  .object({
    type: z.literal("function_call").describe("Always `function_call`."),
    call_id: shortText().min(1).describe("Id of the call. Its output has the same id."),
    name: shortText().min(1).describe("The function's name."),
    namespace: shortText().nullish().describe("The namespace of the tool, if it has one."),
    arguments: callArguments,
    ...commonFields,
  })
  .meta({ id: "ResponseFunctionCallItem", description: "The agent's call of your function." });

const ToolOutput = z.union([longText(), listOf(ToolResultPart)]).meta({
  id: "ResponseToolOutput",
  description: "What the tool returned: a text, or parts with text, images and files.",
});

const FunctionCallOutput = z
  .object({
    type: z.literal("function_call_output").describe("Always `function_call_output`."),
    call_id: callId,
    output: ToolOutput,
    ...commonFields,
  })
  .meta({ id: "ResponseFunctionCallOutputItem", description: "The result of a function that you ran." });

const CustomToolCall = z
  .object({
    type: z.literal("custom_tool_call").describe("Always `custom_tool_call`."),
    call_id: shortText().min(1).describe("Id of the call. Its output has the same id."),
    name: shortText().min(1).describe("The tool's name."),
    namespace: shortText().nullish().describe("The namespace of the tool, if it has one."),
    input: longText().describe("The input text of the tool."),
    ...commonFields,
  })
  .meta({ id: "ResponseCustomToolCallItem", description: "The agent's call of your custom tool." });

const CustomToolCallOutput = z
  .object({
    type: z.literal("custom_tool_call_output").describe("Always `custom_tool_call_output`."),
    call_id: callId,
    output: ToolOutput,
    ...commonFields,
  })
  .meta({ id: "ResponseCustomToolCallOutputItem", description: "The result of a custom tool that you ran." });

const ToolSearchCall = z
  .object({
    type: z.literal("tool_search_call").describe("Always `tool_search_call`."),
    call_id: shortText().nullish().describe("Id of the call. Its output has the same id."),
    execution: shortText().nullish().describe("Who searches. Accepted and ignored."),
    arguments: z
      .unknown()
      .optional()
      .describe(
        "The arguments, as in the response: an object, or its JSON text. Anything else is an empty object.",
      ),
    ...commonFields,
  })
  .meta({ id: "ResponseToolSearchCallItem", description: "The agent's search for tools." });

const Reasoning = z
  .object({
    type: z.literal("reasoning").describe("Always `reasoning`."),
    summary: listOf(SummaryText).nullish().describe("The reasoning, as in the response."),
    content: listOf(ReasoningText).nullish().describe("Raw reasoning."),
    encrypted_content: longText()
      .nullish()
      .describe(
        "The reasoning as this gateway encrypted it for the same credential. Anything else is ignored.",
      ),
    ...commonFields,
  })
  .meta({ id: "ResponseReasoningItem", description: "The reasoning that led to the next item." });

const Compaction = z
  .object({
    type: z.literal("compaction").describe("Always `compaction`."),
    encrypted_content: longText().describe(
      "What `POST /v1/responses/compact` of this gateway returned to the same credential. Anything else is 400 `invalid_value`.",
    ),
    ...commonFields,
  })
  .meta({ id: "ResponseCompactionItem", description: "Replaces the conversation before it." });

const reference = {
  id: shortText()
    .min(1)
    .describe(
      "Id of an item of a stored response or of a conversation. An id that is not found, or is referenced twice, is 400 `invalid_value`.",
    ),
} as const;

const ItemReference = z
  .object({ type: z.literal("item_reference").describe("Always `item_reference`."), ...reference })
  .meta({ id: "ResponseItemReference", description: "An item by its id, instead of the item." });

const BareReference = z
  .object({ type: z.literal("item_reference").nullish().describe("May be left out."), ...reference })
  .meta({ id: "ResponseBareReference", description: "An item by its id alone." });

const KnownItem = z.discriminatedUnion("type", [
  Message,
  FunctionCall,
  FunctionCallOutput,
  CustomToolCall,
  CustomToolCallOutput,
  ToolSearchCall,
  Reasoning,
  Compaction,
  AdditionalTools,
  ToolSearchOutput,
  ConfigurationUpdate,
  ItemReference,
]);

type Known = z.infer<typeof KnownItem>;

const knownTypes: Readonly<Record<NonNullable<Known["type"]>, true>> = {
  message: true,
  function_call: true,
  function_call_output: true,
  custom_tool_call: true,
  custom_tool_call_output: true,
  tool_search_call: true,
  reasoning: true,
  compaction: true,
  additional_tools: true,
  tool_search_output: true,
  configuration_update: true,
  item_reference: true,
};

const otherType = shortText().describe(
  "A type that this gateway does not know, for instance `web_search_call`.",
);

const OtherItem = z
  .looseObject({ type: otherType, id: shortText().nullish().describe("Its id, if it has one.") })
  // Checks the whole item and aborts; otherwise this branch would report the error of a known item.
  .refine(({ type }) => !Object.hasOwn(knownTypes, type), { abort: true })
  .meta({ id: "ResponseOtherItem", description: "Any other item. Accepted; the model does not see it." });

export const InputItem = z
  .union([KnownItem, BareReference, OtherItem])
  .meta({ id: "ResponseInputItem", description: "An item of the input." });
export type InputItem = z.infer<typeof InputItem>;
export type ItemReference = z.infer<typeof ItemReference> | z.infer<typeof BareReference>;
/** An item that is a part of the conversation. */
export type KnownItem = Exclude<Known, ItemReference | SettingItem>;

const listedFields = {
  id: shortText().describe("Its id: as sent, or assigned by the gateway."),
  status: ItemStatus.describe("As sent, or `completed`."),
} as const;

const namespaceField = {
  namespace: shortText().optional().describe("The namespace of the tool, if it has one."),
} as const;

const createListedItem = <T extends z.ZodRawShape, E extends z.ZodRawShape>(
  item: z.ZodObject<T>,
  name: string,
  extraFields: E,
) =>
  item
    .extend({ ...listedFields, ...extraFields })
    .meta({ id: name, description: "An item of a response's input." });

/** An input item of a stored response, with ids, and with short forms written out. */
export const ListedItem = z
  .union([
    z.discriminatedUnion("type", [
      createListedItem(Message, "ResponseListedMessage", {
        type: z.literal("message").describe("Always `message`."),
        content: listOf(MessagePart).describe("Its parts."),
      }),
      createListedItem(FunctionCall, "ResponseListedFunctionCall", {
        arguments: longText().describe("JSON text of the arguments."),
        ...namespaceField,
      }),
      createListedItem(FunctionCallOutput, "ResponseListedFunctionCallOutput", {}),
      createListedItem(CustomToolCall, "ResponseListedCustomToolCall", namespaceField),
      createListedItem(CustomToolCallOutput, "ResponseListedCustomToolCallOutput", {}),
      createListedItem(ToolSearchCall, "ResponseListedToolSearchCall", {}),
      createListedItem(Reasoning, "ResponseListedReasoning", {
        summary: listOf(SummaryText).describe("The reasoning."),
      }),
      createListedItem(Compaction, "ResponseListedCompaction", {}),
    ]),
    z.looseObject({ type: otherType, id: listedFields.id }).meta({
      id: "ResponseListedOther",
      description: "An item that changes settings, or of a type that this gateway does not know, as sent.",
    }),
  ])
  .meta({ id: "ResponseListedItem", description: "An item of a response's input." });
export type ListedItem = z.infer<typeof ListedItem>;
