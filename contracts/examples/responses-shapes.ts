/** The parts that all examples of responses share: ids are counted and the clock stands, so that answers are exact. */
import type { ResponseEvent } from "../http/responses/events.ts";
import type { OutputItem, Response, ResponseUsage } from "../http/responses/response.ts";
import type { ScriptUsage } from "./script.ts";

/** 2026-01-01T00:00:00Z. */
const at = 1767225600;

const usage = ({ input, output, cached = 0, reasoning = 0 }: ScriptUsage): ResponseUsage => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + output,
});

/** A completed response. `overrides` are echoed fields, or its end. The fields are in the order of the wire. */
export const response = (
  spent: ScriptUsage | null,
  output: OutputItem[],
  overrides: Partial<Response> = {},
): Response => ({
  id: "resp_1",
  object: "response",
  created_at: at,
  status: "completed",
  completed_at: at,
  incomplete_details: null,
  error: null,
  usage: spent && usage(spent),
  output,
  model: "openclaw",
  previous_response_id: null,
  instructions: null,
  tools: [],
  tool_choice: "auto",
  parallel_tool_calls: true,
  text: { format: { type: "text" } },
  reasoning: null,
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  top_logprobs: 0,
  max_output_tokens: null,
  max_tool_calls: null,
  truncation: "disabled",
  store: true,
  background: false,
  service_tier: "default",
  metadata: {},
  safety_identifier: null,
  prompt_cache_key: null,
  ...overrides,
});

type Message = Extract<OutputItem, { type: "message" }>;

/** A message of the first response, at this index of its output. */
export const message = (
  place: number,
  text: string,
  phase: "final_answer" | "commentary" = "final_answer",
): Message => ({
  type: "message",
  id: `msg_1_${place}`,
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
  phase,
});

export const functionCall = (
  place: number,
  call_id: string,
  name: string,
  text: string,
): Extract<OutputItem, { type: "function_call" }> => ({
  type: "function_call",
  id: `fc_1_${place}`,
  status: "completed",
  call_id,
  name,
  arguments: text,
});

type Unnumbered<E = ResponseEvent> = E extends ResponseEvent ? Omit<E, "sequence_number"> : never;

/** A numbered stream of these events, which ends with the response. */
export function stream(final: Response, ...between: readonly Unnumbered[]): readonly ResponseEvent[] {
  const initial: Response = {
    ...final,
    status: "in_progress",
    completed_at: null,
    incomplete_details: null,
    error: null,
    usage: null,
    output: [],
  };
  const end = final.status === "completed" || final.status === "incomplete" ? final.status : "failed";
  const events: readonly Unnumbered[] = [
    { type: "response.created", response: initial },
    { type: "response.in_progress", response: initial },
    ...between,
    { type: `response.${end}`, response: final },
  ];
  return events.map(({ type, ...rest }, sequence_number) => ({
    type,
    sequence_number,
    ...rest,
  })) as ResponseEvent[];
}

/** The events of a message whose text comes in these deltas. */
export function messageEvents(item: Message, ...deltas: readonly string[]): readonly Unnumbered[] {
  const output_index = Number(item.id.split("_").at(-1));
  const location = { item_id: item.id, output_index, content_index: 0 };
  const text = deltas.join("");
  const { phase: _unknownYet, ...begun } = item;
  return [
    {
      type: "response.output_item.added",
      output_index,
      item: { ...begun, status: "in_progress", content: [] },
    },
    {
      type: "response.content_part.added",
      ...location,
      part: { type: "output_text", text: "", annotations: [], logprobs: [] },
    },
    ...deltas.map((delta): Unnumbered => ({
      type: "response.output_text.delta",
      ...location,
      delta,
      logprobs: [],
    })),
    { type: "response.output_text.done", ...location, text, logprobs: [] },
    {
      type: "response.content_part.done",
      ...location,
      part: { type: "output_text", text, annotations: [], logprobs: [] },
    },
    { type: "response.output_item.done", output_index, item },
  ];
}
