/** What a conversation is made of, as a caller sends it: messages, calls and their results, and what is only passed through. */
import { z } from "zod";
import { listOf, longText, shortText } from "../../limits.ts";
import { MessagePart, ReasoningText, SummaryText, ToolResultPart } from "./content.ts";

const commonFields = {
  id: shortText().nullish().describe("Its id, where it has one."),
  status: shortText().nullish().describe("Its state when it was answered with. Accepted and ignored."),
} as const;

const callId = shortText()
  .min(1)
  .describe("Id of the call. One that the conversation does not have is 400 `unknown_tool_call_id`.");

const role = z
  .enum(["user", "assistant", "system", "developer"])
  .describe(
    "Who speaks. `system` and `developer` messages are instructions: they come after the agent's own, and count for what continues this response by `previous_response_id` too. A session does not keep them.",
  );

const content = z
  .union([longText(), listOf(MessagePart)])
  .describe(
    "Text, whole or in parts. Pictures and documents may stand in `user` messages only; a refusal in those of the `assistant`.",
  );

const Message = z
  .object({
    type: z.literal("message").nullish().describe("Always `message`; may be left out."),
    role,
    content,
    phase: z
      .enum(["commentary", "final_answer"])
      .nullish()
      .describe("What the assistant's message was: on the way, or the answer. Accepted and ignored."),
    ...commonFields,
  })
  .meta({ id: "ResponseMessageItem", description: "A message." });

const FunctionCall = z
  .object({
    type: z.literal("function_call").describe("Always `function_call`."),
    call_id: shortText().min(1).describe("Id of the call; its output names it."),
    name: shortText().min(1).describe("The function's name."),
    namespace: shortText().nullish().describe("The namespace that it is in, where it is in one."),
    arguments: longText().describe("JSON text of the arguments, as it was answered."),
    ...commonFields,
  })
  .meta({ id: "ResponseFunctionCallItem", description: "A call of your function that the agent made." });

const toolOutput = z
  .union([longText(), listOf(ToolResultPart)])
  .describe("What it returned: text, or parts with text, pictures and documents.");

const FunctionCallOutput = z
  .object({
    type: z.literal("function_call_output").describe("Always `function_call_output`."),
    call_id: callId,
    output: toolOutput,
    ...commonFields,
  })
  .meta({ id: "ResponseFunctionCallOutputItem", description: "The result of a function that you ran." });

const CustomToolCall = z
  .object({
    type: z.literal("custom_tool_call").describe("Always `custom_tool_call`."),
    call_id: shortText().min(1).describe("Id of the call; its output names it."),
    name: shortText().min(1).describe("The tool's name."),
    namespace: shortText().nullish().describe("The namespace that it is in, where it is in one."),
    input: longText().describe("The text for the tool."),
    ...commonFields,
  })
  .meta({ id: "ResponseCustomToolCallItem", description: "A call of your custom tool that the agent made." });

const CustomToolCallOutput = z
  .object({
    type: z.literal("custom_tool_call_output").describe("Always `custom_tool_call_output`."),
    call_id: callId,
    output: toolOutput,
    ...commonFields,
  })
  .meta({ id: "ResponseCustomToolCallOutputItem", description: "The result of a custom tool that you ran." });

const Reasoning = z
  .object({
    type: z.literal("reasoning").describe("Always `reasoning`."),
    summary: listOf(SummaryText).nullish().describe("The thinking, as it was answered."),
    content: listOf(ReasoningText).nullish().describe("Raw thinking."),
    encrypted_content: longText()
      .nullish()
      .describe("The thinking as this gateway sealed it; what others sealed is ignored."),
    ...commonFields,
  })
  .meta({ id: "ResponseReasoningItem", description: "Thinking that led to the item after it." });

const Compaction = z
  .object({
    type: z.literal("compaction").describe("Always `compaction`."),
    encrypted_content: longText().describe(
      "What `POST /v1/responses/compact` of this gateway answered; anything else is 400 `invalid_value`.",
    ),
    ...commonFields,
  })
  .meta({ id: "ResponseCompactionItem", description: "Stands for the conversation before it." });

const reference = {
  id: shortText()
    .min(1)
    .describe(
      "Id of an item of a stored response; one that is not found, or named twice, is 400 `invalid_value`.",
    ),
} as const;

const ItemReference = z
  .object({ type: z.literal("item_reference").describe("Always `item_reference`."), ...reference })
  .meta({ id: "ResponseItemReference", description: "An item by its id, instead of the item." });

const BareReference = z
  .object({ type: z.null().optional().describe("Left out."), ...reference })
  .meta({ id: "ResponseBareReference", description: "An item by its id alone." });

const KnownItem = z.discriminatedUnion("type", [
  Message,
  FunctionCall,
  FunctionCallOutput,
  CustomToolCall,
  CustomToolCallOutput,
  Reasoning,
  Compaction,
  ItemReference,
]);

type Known = z.infer<typeof KnownItem>;

const knownTypes: Readonly<Record<NonNullable<Known["type"]>, true>> = {
  message: true,
  function_call: true,
  function_call_output: true,
  custom_tool_call: true,
  custom_tool_call_output: true,
  reasoning: true,
  compaction: true,
  item_reference: true,
};

const otherType = shortText().describe(
  "A type that this gateway does not know, for instance `web_search_call`.",
);

const OtherItem = z
  .looseObject({ type: otherType, id: shortText().nullish().describe("Its id, where it has one.") })
  // Of the whole and aborting: else this branch would be blamed for what is wrong with a known item.
  .refine(({ type }) => !Object.hasOwn(knownTypes, type), { abort: true })
  .meta({ id: "ResponseOtherItem", description: "Any other item. Accepted, not shown to the model." });

export const InputItem = z.union([KnownItem, BareReference, OtherItem]);
export type InputItem = z.infer<typeof InputItem>;
export type ItemReference = z.infer<typeof ItemReference> | z.infer<typeof BareReference>;
export type KnownItem = Exclude<Known, ItemReference>;

const listedFields = {
  id: shortText().describe("Its id: as it was sent, or given by the gateway."),
  status: z.enum(["in_progress", "completed", "incomplete"]).describe("As it was sent, or `completed`."),
} as const;

const namespaceField = {
  namespace: shortText().optional().describe("The namespace that it is in, where it is in one."),
} as const;

const createListedItem = <T extends z.ZodRawShape, E extends z.ZodRawShape>(
  item: z.ZodObject<T>,
  name: string,
  extraFields: E,
) =>
  item
    .extend({ ...listedFields, ...extraFields })
    .meta({ id: name, description: "An item of a response's input." });

/** An item of the input of a stored response: whatever was left out or written shorter is there. */
export const ListedItem = z.union([
  z.discriminatedUnion("type", [
    createListedItem(Message, "ResponseListedMessage", {
      type: z.literal("message").describe("Always `message`."),
      content: listOf(MessagePart).describe("Its parts."),
    }),
    createListedItem(FunctionCall, "ResponseListedFunctionCall", namespaceField),
    createListedItem(FunctionCallOutput, "ResponseListedFunctionCallOutput", {}),
    createListedItem(CustomToolCall, "ResponseListedCustomToolCall", namespaceField),
    createListedItem(CustomToolCallOutput, "ResponseListedCustomToolCallOutput", {}),
    createListedItem(Reasoning, "ResponseListedReasoning", {
      summary: listOf(SummaryText).describe("The thinking."),
    }),
    createListedItem(Compaction, "ResponseListedCompaction", {}),
  ]),
  z.looseObject({ type: otherType, id: listedFields.id }).meta({
    id: "ResponseListedOther",
    description: "An item of a type that this gateway does not know, as it was sent.",
  }),
]);
export type ListedItem = z.infer<typeof ListedItem>;
