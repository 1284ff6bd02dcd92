/** What each kind of provider sends: the same answers and the same faults in the bytes of its own API. */
import { chunk, frames, json, streamed, type Answer } from "./scripted-provider.ts";

export interface WireFormat {
  readonly api: "openai-completions" | "openai-responses" | "anthropic-messages" | "google-generative-ai";
  /** Whole replies are asked for whole; the others are streamed to the gateway, whoever asks. */
  readonly asksWhole: boolean;
  /** Part of the path of a call. */
  readonly path: string;
  /** A stream up to its first text, or thinking, or call; it stays open. */
  text(text: string): string;
  thinking(text: string): string;
  call(id: string, name: string, args: string): string;
  /** More text after the first. */
  moreText(text: string): string;
  /** What completes a stream that began with `text`: 3 tokens in, 2 out. */
  readonly ending: string;
  /** An error's body, and the same in place of an event. */
  error(message: string): object;
  errorEvent(message: string): string;
  readonly tooLong: object;
  readonly tooLongEvent: string;
  /** An event that no answer of the API has; where clients are to skip what they do not know there is none. */
  readonly foreignEvent: string | undefined;
  /** The provider says itself that it has failed. */
  readonly failedEnding: string;
  /** A stream that is over before it said anything. */
  readonly emptyStream: string;
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (...events: readonly { readonly type: string; readonly [field: string]: unknown }[]): string =>
  events.map((value) => `event: ${value.type}\n${event(value)}`).join("");

const done = "data: [DONE]\n\n";
const completionsUsage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const toolCall = (id: string, name: string, args: string): object => ({
  tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: args } }],
});
const openaiError = (message: string, code: string | null = null): object => ({
  error: { message, type: "t", param: null, code },
});
const openaiTooLong = openaiError(
  "This model's maximum context length is 4096 tokens.",
  "context_length_exceeded",
);

export const openaiCompletionsFormat: WireFormat = {
  api: "openai-completions",
  asksWhole: true,
  path: "chat/completions",
  text: (content) => event(chunk({ role: "assistant", content })),
  thinking: (text) => event(chunk({ reasoning_content: text })),
  call: (id, name, args) => event(chunk(toolCall(id, name, args))),
  moreText: (content) => event(chunk({ content })),
  ending: frames(chunk({}, "stop"), { ...chunk({}), choices: [], usage: completionsUsage }),
  error: openaiError,
  errorEvent: (message) => event(openaiError(message)),
  tooLong: openaiTooLong,
  tooLongEvent: event(openaiTooLong),
  foreignEvent: event({ type: "ping" }),
  failedEnding: `${event(chunk({}, "error"))}${done}`,
  emptyStream: done,
};

const response = (status: string, more: object = {}): object => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status,
  error: null,
  incomplete_details: null,
  model: "m",
  output: [],
  ...more,
});
const responsesOpening = named({ type: "response.created", response: response("in_progress") });
const responsesUsage = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 2,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 5,
};
const textDelta = (delta: string) => ({
  type: "response.output_text.delta",
  item_id: "msg_1",
  output_index: 0,
  content_index: 0,
  delta,
});
const itemAdded = (item: object) => ({ type: "response.output_item.added", output_index: 0, item });
const failedResponse = (error: object) => ({
  type: "response.failed",
  response: response("failed", { error }),
});

const openaiResponsesFormat: WireFormat = {
  api: "openai-responses",
  asksWhole: false,
  path: "/responses",
  text: (text) =>
    responsesOpening +
    named(itemAdded({ type: "message", id: "msg_1", role: "assistant", content: [] }), textDelta(text)),
  thinking: (text) =>
    responsesOpening +
    named(itemAdded({ type: "reasoning", id: "rs_1", summary: [] }), {
      type: "response.reasoning_summary_text.delta",
      item_id: "rs_1",
      output_index: 0,
      summary_index: 0,
      delta: text,
    }),
  call: (id, name, args) =>
    responsesOpening +
    named(itemAdded({ type: "function_call", id: "fc_1", call_id: id, name, arguments: "" }), {
      type: "response.function_call_arguments.delta",
      item_id: "fc_1",
      output_index: 0,
      delta: args,
    }),
  moreText: (text) => named(textDelta(text)),
  ending: named({ type: "response.completed", response: response("completed", { usage: responsesUsage }) }),
  error: openaiError,
  errorEvent: (message) => named({ type: "error", code: "server_error", message, param: null }),
  tooLong: openaiTooLong,
  tooLongEvent: named(
    failedResponse({ code: "context_length_exceeded", message: "The limit is 4096 tokens." }),
  ),
  foreignEvent: undefined,
  failedEnding: named(failedResponse({ code: "server_error", message: "Theirs." })),
  emptyStream: responsesOpening,
};

const messageStart = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  },
};
const block = (content: object, delta: object): string =>
  named(
    messageStart,
    { type: "content_block_start", index: 0, content_block: content },
    { type: "content_block_delta", index: 0, delta },
  );
const anthropicError = (message: string, type = "api_error") => ({ type: "error", error: { type, message } });
const anthropicTooLong = anthropicError(
  "prompt is too long: 5000 tokens > 4096 tokens",
  "invalid_request_error",
);

const anthropicMessagesFormat: WireFormat = {
  api: "anthropic-messages",
  asksWhole: false,
  path: "/messages",
  text: (text) => block({ type: "text", text: "" }, { type: "text_delta", text }),
  thinking: (thinking) =>
    block({ type: "thinking", thinking: "", signature: "" }, { type: "thinking_delta", thinking }),
  call: (id, name, args) =>
    block({ type: "tool_use", id, name, input: {} }, { type: "input_json_delta", partial_json: args }),
  moreText: (text) => named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  ending: named(
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ),
  error: (message) => anthropicError(message),
  errorEvent: (message) => named(anthropicError(message, "overloaded_error")),
  tooLong: anthropicTooLong,
  tooLongEvent: named(anthropicTooLong),
  foreignEvent: event({ type: "nothing_of_the_kind" }),
  failedEnding: named(anthropicError("Theirs.")),
  emptyStream: named(messageStart, { type: "message_delta", delta: {}, usage: { output_tokens: 0 } }),
};

const candidate = (part: object, more: object = {}): object => ({
  candidates: [{ content: { role: "model", parts: [part] }, index: 0, ...more }],
});
const googleError = (message: string, code = 500, status = "INTERNAL"): object => ({
  error: { code, message, status },
});
const googleTooLong = googleError(
  "The input token count (5000) exceeds the maximum number of tokens allowed (4096 tokens).",
  400,
  "INVALID_ARGUMENT",
);

const googleGenerativeAiFormat: WireFormat = {
  api: "google-generative-ai",
  asksWhole: false,
  path: "streamGenerateContent",
  text: (text) => event(candidate({ text })),
  thinking: (text) => event(candidate({ text, thought: true })),
  call: (id, name, args) =>
    event(candidate({ functionCall: { id, name, args: JSON.parse(args) as unknown } })),
  moreText: (text) => event(candidate({ text })),
  ending: event({
    ...candidate({ text: "" }, { finishReason: "STOP" }),
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
  }),
  error: (message) => googleError(message),
  errorEvent: (message) => event(googleError(message, 503, "UNAVAILABLE")),
  tooLong: googleTooLong,
  tooLongEvent: event(googleTooLong),
  foreignEvent: event({ candidates: "none" }),
  failedEnding: event(candidate({ text: "" }, { finishReason: "MALFORMED_FUNCTION_CALL" })),
  emptyStream: event({ usageMetadata: { promptTokenCount: 3 } }),
};

export const wireFormats: readonly WireFormat[] = [
  openaiCompletionsFormat,
  openaiResponsesFormat,
  anthropicMessagesFormat,
  googleGenerativeAiFormat,
];

/** A whole and right answer, in the form that the gateway asks for. */
export function rightAnswer(
  text: string,
  stream: boolean,
  format: WireFormat = openaiCompletionsFormat,
): Answer {
  if (!stream && format.asksWhole) {
    const message = { role: "assistant", content: text };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    return json({ ...chunk({}), choices, usage: completionsUsage });
  }
  const [first = "", ...rest] = text.split(/(?<= )/);
  return streamed(format.text(first) + rest.map((word) => format.moreText(word)).join("") + format.ending);
}
