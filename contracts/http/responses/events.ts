/** The events of a streamed response, told apart by their `type`. */
import { z } from "zod";
import { longText, shortText } from "../../limits.ts";
import { Logprobs, OutputPart, SummaryText, UrlCitation } from "./content.ts";
import { OutputItem, Response } from "./response.ts";

const index = z.int().min(0);

const sequenceFields = {
  sequence_number: index.describe("0, 1, 2 … without gaps within a response."),
} as const;

const eventFields = <const T extends string>(type: T) => ({
  type: z.literal(type).describe(`Always \`${type}\`.`),
  ...sequenceFields,
});

const itemFields = {
  item_id: shortText().describe("Id of the item."),
  output_index: index.describe("Its place in `output`."),
} as const;

const partFields = {
  ...itemFields,
  content_index: index.describe("The part's place in `content`."),
} as const;
const summaryFields = {
  ...itemFields,
  summary_index: index.describe("The part's place in `summary`."),
} as const;

const delta = longText().describe("The next piece.");

/** The whole response as it stands. */
const snapshot = <const T extends string>(type: T, description: string) =>
  z.object({ ...eventFields(type), response: Response }).describe(description);

const lifecycle = [
  snapshot("response.created", "Always first."),
  snapshot("response.queued", "It waits for its turn; background responses only."),
  snapshot("response.in_progress", "It is being made."),
  snapshot("response.completed", "The end: it is whole."),
  snapshot("response.incomplete", "The end: `incomplete_details` says why."),
  snapshot("response.failed", "The end: `error` says why, or `status` that it was cancelled."),
] as const;

const items = [
  z
    .object({
      ...eventFields("response.output_item.added"),
      output_index: index.describe("Its place in `output`."),
      item: OutputItem.describe("The item, still empty."),
    })
    .describe("An item begins."),
  z
    .object({
      ...eventFields("response.output_item.done"),
      output_index: index.describe("Its place in `output`."),
      item: OutputItem.describe("The item, complete."),
    })
    .describe("An item is complete."),
] as const;

const message = [
  z
    .object({
      ...eventFields("response.content_part.added"),
      ...partFields,
      part: OutputPart.describe("Still empty."),
    })
    .describe("A part of a message begins."),
  z
    .object({ ...eventFields("response.output_text.delta"), ...partFields, delta, logprobs: Logprobs })
    .describe("The text goes on."),
  z
    .object({
      ...eventFields("response.output_text.annotation.added"),
      ...partFields,
      annotation_index: index.describe("Its place in `annotations`."),
      annotation: UrlCitation,
    })
    .describe("A citation. Not sent."),
  z
    .object({
      ...eventFields("response.output_text.done"),
      ...partFields,
      text: longText().describe("The whole text."),
      logprobs: Logprobs,
    })
    .describe("The text is complete."),
  z
    .object({ ...eventFields("response.refusal.delta"), ...partFields, delta })
    .describe("The refusal goes on."),
  z
    .object({
      ...eventFields("response.refusal.done"),
      ...partFields,
      refusal: longText().describe("The whole refusal."),
    })
    .describe("The refusal is complete."),
  z
    .object({
      ...eventFields("response.content_part.done"),
      ...partFields,
      part: OutputPart.describe("Complete."),
    })
    .describe("A part of a message is complete."),
] as const;

const calls = [
  z
    .object({ ...eventFields("response.function_call_arguments.delta"), ...itemFields, delta })
    .describe("The arguments go on."),
  z
    .object({
      ...eventFields("response.function_call_arguments.done"),
      ...itemFields,
      name: shortText().describe("The function's name."),
      arguments: longText().describe("The whole JSON text."),
    })
    .describe("The arguments are complete."),
  z
    .object({ ...eventFields("response.custom_tool_call_input.delta"), ...itemFields, delta })
    .describe("The text for a custom tool: in one piece, when it is complete."),
  z
    .object({
      ...eventFields("response.custom_tool_call_input.done"),
      ...itemFields,
      input: longText().describe("The whole text."),
    })
    .describe("The text for a custom tool is complete."),
] as const;

const reasoning = [
  z
    .object({ ...eventFields("response.reasoning_summary_part.added"), ...summaryFields, part: SummaryText })
    .describe("Thinking begins."),
  z
    .object({ ...eventFields("response.reasoning_summary_text.delta"), ...summaryFields, delta })
    .describe("Thinking goes on."),
  z
    .object({
      ...eventFields("response.reasoning_summary_text.done"),
      ...summaryFields,
      text: longText().describe("The whole text."),
    })
    .describe("Thinking is complete."),
  z
    .object({ ...eventFields("response.reasoning_summary_part.done"), ...summaryFields, part: SummaryText })
    .describe("Thinking is complete."),
] as const;

const errorFields = {
  code: shortText().nullable().describe("Stable code to branch on."),
  message: longText().describe("What went wrong. For people."),
  param: shortText().nullable().describe("Path of the field at fault."),
} as const;

const ErrorEvent = z
  .object({
    ...eventFields("error"),
    // OpenAI has the fields here, OpenResponses below: clients of both find theirs.
    ...errorFields,
    error: z
      .object({ type: shortText().describe("OpenAI's error class."), ...errorFields })
      .describe("The same once more, in OpenResponses' form."),
  })
  .describe("What went wrong; `response.failed` follows, and no `[DONE]`.");

export const ResponseEvent = z
  .discriminatedUnion("type", [...lifecycle, ...items, ...message, ...calls, ...reasoning, ErrorEvent])
  .meta({
    id: "ResponseEvent",
    description:
      "One event of a stream. Order: `response.created`, `response.in_progress`; for each item its beginning, its pieces, its end; one of `response.completed`, `response.incomplete` and `response.failed`.",
  });
export type ResponseEvent = z.infer<typeof ResponseEvent>;
