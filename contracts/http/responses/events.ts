/** The events of a streamed response. Their `type` tells them apart. */
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
  output_index: index.describe("Its index in `output`."),
} as const;

const partFields = {
  ...itemFields,
  content_index: index.describe("The part's index in `content`."),
} as const;
const summaryFields = {
  ...itemFields,
  summary_index: index.describe("The part's index in `summary`."),
} as const;

const delta = longText().describe("The text to append.");

/** An event with the current response. */
const snapshot = <const T extends string>(type: T, id: string, description: string) =>
  z.object({ ...eventFields(type), response: Response }).meta({ id, description });

const lifecycle = [
  snapshot("response.created", "ResponseCreatedEvent", "Always first."),
  snapshot(
    "response.queued",
    "ResponseQueuedEvent",
    "The response waits for its run. Background responses only.",
  ),
  snapshot("response.in_progress", "ResponseInProgressEvent", "The response is in progress."),
  snapshot("response.completed", "ResponseCompletedEvent", "The end: the response is complete."),
  snapshot("response.incomplete", "ResponseIncompleteEvent", "The end: `incomplete_details` says why."),
  snapshot(
    "response.failed",
    "ResponseFailedEvent",
    "The end: `error` says why, or `status` is `cancelled`.",
  ),
] as const;

const items = [
  z
    .object({
      ...eventFields("response.output_item.added"),
      output_index: index.describe("Its index in `output`."),
      item: OutputItem.describe("The item, still empty."),
    })
    .meta({ id: "ResponseOutputItemAddedEvent", description: "An item starts." }),
  z
    .object({
      ...eventFields("response.output_item.done"),
      output_index: index.describe("Its index in `output`."),
      item: OutputItem.describe("The item, complete."),
    })
    .meta({ id: "ResponseOutputItemDoneEvent", description: "An item is complete." }),
] as const;

const message = [
  z
    .object({
      ...eventFields("response.content_part.added"),
      ...partFields,
      part: OutputPart.describe("Still empty."),
    })
    .meta({ id: "ResponseContentPartAddedEvent", description: "A content part starts." }),
  z
    .object({ ...eventFields("response.output_text.delta"), ...partFields, delta, logprobs: Logprobs })
    .meta({ id: "ResponseOutputTextDeltaEvent", description: "More text." }),
  z
    .object({
      ...eventFields("response.output_text.annotation.added"),
      ...partFields,
      annotation_index: index.describe("Its index in `annotations`."),
      annotation: UrlCitation,
    })
    .meta({ id: "ResponseOutputTextAnnotationAddedEvent", description: "A citation. Never sent." }),
  z
    .object({
      ...eventFields("response.output_text.done"),
      ...partFields,
      text: longText().describe("The complete text."),
      logprobs: Logprobs,
    })
    .meta({ id: "ResponseOutputTextDoneEvent", description: "The text is complete." }),
  z
    .object({ ...eventFields("response.refusal.delta"), ...partFields, delta })
    .meta({ id: "ResponseRefusalDeltaEvent", description: "More of the refusal." }),
  z
    .object({
      ...eventFields("response.refusal.done"),
      ...partFields,
      refusal: longText().describe("The complete refusal."),
    })
    .meta({ id: "ResponseRefusalDoneEvent", description: "The refusal is complete." }),
  z
    .object({
      ...eventFields("response.content_part.done"),
      ...partFields,
      part: OutputPart.describe("Complete."),
    })
    .meta({ id: "ResponseContentPartDoneEvent", description: "A content part is complete." }),
] as const;

const calls = [
  z
    .object({ ...eventFields("response.function_call_arguments.delta"), ...itemFields, delta })
    .meta({ id: "ResponseFunctionCallArgumentsDeltaEvent", description: "More of the arguments." }),
  z
    .object({
      ...eventFields("response.function_call_arguments.done"),
      ...itemFields,
      name: shortText().describe("The function's name."),
      arguments: longText().describe("The complete JSON text."),
    })
    .meta({ id: "ResponseFunctionCallArgumentsDoneEvent", description: "The arguments are complete." }),
  z.object({ ...eventFields("response.custom_tool_call_input.delta"), ...itemFields, delta }).meta({
    id: "ResponseCustomToolCallInputDeltaEvent",
    description: "The complete input of a custom tool, in one event.",
  }),
  z
    .object({
      ...eventFields("response.custom_tool_call_input.done"),
      ...itemFields,
      input: longText().describe("The complete text."),
    })
    .meta({
      id: "ResponseCustomToolCallInputDoneEvent",
      description: "The input of a custom tool is complete.",
    }),
] as const;

const reasoning = [
  z
    .object({ ...eventFields("response.reasoning_summary_part.added"), ...summaryFields, part: SummaryText })
    .meta({ id: "ResponseReasoningSummaryPartAddedEvent", description: "Reasoning starts." }),
  z
    .object({ ...eventFields("response.reasoning_summary_text.delta"), ...summaryFields, delta })
    .meta({ id: "ResponseReasoningSummaryTextDeltaEvent", description: "More reasoning." }),
  z
    .object({
      ...eventFields("response.reasoning_summary_text.done"),
      ...summaryFields,
      text: longText().describe("The complete text."),
    })
    .meta({ id: "ResponseReasoningSummaryTextDoneEvent", description: "Reasoning is complete." }),
  z
    .object({ ...eventFields("response.reasoning_summary_part.done"), ...summaryFields, part: SummaryText })
    .meta({ id: "ResponseReasoningSummaryPartDoneEvent", description: "Reasoning is complete." }),
] as const;

const errorFields = {
  code: shortText().describe("Stable code to branch on."),
  message: longText().describe("What went wrong, for people."),
  param: shortText().nullable().describe("Path of the field at fault."),
} as const;

const ErrorEvent = z
  .object({
    ...eventFields("error"),
    // OpenAI has these fields here, OpenResponses has them in `error`: clients of both find theirs.
    ...errorFields,
    error: z
      .object({ type: shortText().describe("OpenAI's error class."), ...errorFields })
      .meta({ id: "ResponseErrorDetails", description: "The same fields in the form of OpenResponses." }),
  })
  .meta({ id: "ResponseErrorEvent", description: "An error. `response.failed` follows, and no `[DONE]`." });

export const ResponseEvent = z
  .discriminatedUnion("type", [...lifecycle, ...items, ...message, ...calls, ...reasoning, ErrorEvent])
  .meta({
    id: "ResponseEvent",
    description:
      "One event of a stream. Order: `response.created`, `response.in_progress`; for each item its start, its deltas, its end; one of `response.completed`, `response.incomplete` and `response.failed`.",
  });
export type ResponseEvent = z.infer<typeof ResponseEvent>;
