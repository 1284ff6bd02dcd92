/** The same responses and faults in the wire format of each provider API. */
import {
  completionChunk,
  sseFrames,
  jsonResponse,
  sseResponse,
  type ScriptedResponse,
} from "./scripted-provider.ts";

type ErrorKind = "rateLimit" | "credential" | "badRequest" | "overload";

export interface WireFormat {
  readonly api: "openai-completions" | "openai-responses" | "anthropic-messages" | "google-generative-ai";
  /** True when the gateway requests unstreamed replies unstreamed. Otherwise it always streams from the provider. */
  readonly hasUnstreamedReplies: boolean;
  /** Part of the path of a call. */
  readonly path: string;
  /** Returns a stream up to its first text, thinking or call. The stream stays open. */
  startText(text: string): string;
  startThinking(text: string): string;
  startCall(id: string, name: string, args: string): string;
  /** Returns more text for an open stream. */
  continueText(text: string): string;
  /** The end of a stream of text, with 3 input and 2 output tokens. */
  readonly ending: string;
  /** Returns a whole reply, as the API has it for calls that are not streamed. */
  wholeReply(text: string): object;
  /** Returns the body of an error, and the same error as an event. */
  errorBody(message: string): object;
  encodeErrorEvent(message: string): string;
  /** The bodies of errors that name their kind as the API does. */
  readonly ownErrors: Readonly<Record<ErrorKind, object>>;
  readonly contextLengthBody: object;
  readonly contextLengthEvent: string;
  /** An event that the API does not have. Undefined for APIs whose clients must skip unknown events. */
  readonly unknownEvent: string | undefined;
  /** The end of a stream by which the provider reports a failure. */
  readonly failureEnding: string;
  /** A stream that ends without content. */
  readonly emptyStream: string;
}

const encodeEvent = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const encodeNamedEvents = (
  ...events: readonly { readonly type: string; readonly [field: string]: unknown }[]
): string => events.map((value) => `event: ${value.type}\n${encodeEvent(value)}`).join("");

const done = "data: [DONE]\n\n";
const completionsUsage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const toolCall = (id: string, name: string, args: string): object => ({
  tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: args } }],
});
const openaiError = (message: string, code: string | null = null): object => ({
  error: { message, type: "t", param: null, code },
});
const openaiContextLengthBody = openaiError(
  "This model's maximum context length is 4096 tokens.",
  "context_length_exceeded",
);

export const openaiCompletionsFormat: WireFormat = {
  api: "openai-completions",
  hasUnstreamedReplies: true,
  path: "chat/completions",
  startText: (content) => encodeEvent(completionChunk({ role: "assistant", content })),
  startThinking: (text) => encodeEvent(completionChunk({ reasoning_content: text })),
  startCall: (id, name, args) => encodeEvent(completionChunk(toolCall(id, name, args))),
  continueText: (content) => encodeEvent(completionChunk({ content })),
  ending: sseFrames(completionChunk({}, "stop"), {
    ...completionChunk({}),
    choices: [],
    usage: completionsUsage,
  }),
  wholeReply: (content) => ({
    ...completionChunk({}),
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: completionsUsage,
  }),
  errorBody: openaiError,
  encodeErrorEvent: (message) => encodeEvent(openaiError(message)),
  ownErrors: {
    rateLimit: { error: { code: 429, message: "Theirs." } },
    credential: { error: { code: "401", message: "Theirs." } },
    badRequest: { error: { code: 400, message: "Theirs." } },
    overload: { error: { status: 503, message: "Theirs." } },
  },
  contextLengthBody: openaiContextLengthBody,
  contextLengthEvent: encodeEvent(openaiContextLengthBody),
  unknownEvent: encodeEvent({ type: "message_start" }),
  failureEnding: `${encodeEvent(completionChunk({}, "error"))}${done}`,
  emptyStream: done,
};

const response = (status: string, fields: object = {}): object => ({
  id: "resp_1",
  object: "response",
  created_at: 1,
  status,
  error: null,
  incomplete_details: null,
  model: "m",
  output: [],
  ...fields,
});
const responsesOpening = encodeNamedEvents({ type: "response.created", response: response("in_progress") });
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
  hasUnstreamedReplies: false,
  path: "/responses",
  startText: (text) =>
    responsesOpening +
    encodeNamedEvents(
      itemAdded({ type: "message", id: "msg_1", role: "assistant", content: [] }),
      textDelta(text),
    ),
  startThinking: (text) =>
    responsesOpening +
    encodeNamedEvents(itemAdded({ type: "reasoning", id: "rs_1", summary: [] }), {
      type: "response.reasoning_summary_text.delta",
      item_id: "rs_1",
      output_index: 0,
      summary_index: 0,
      delta: text,
    }),
  startCall: (id, name, args) =>
    responsesOpening +
    encodeNamedEvents(itemAdded({ type: "function_call", id: "fc_1", call_id: id, name, arguments: "" }), {
      type: "response.function_call_arguments.delta",
      item_id: "fc_1",
      output_index: 0,
      delta: args,
    }),
  continueText: (text) => encodeNamedEvents(textDelta(text)),
  ending: encodeNamedEvents({
    type: "response.completed",
    response: response("completed", { usage: responsesUsage }),
  }),
  wholeReply: (text) => {
    const content = [{ type: "output_text", text, annotations: [] }];
    const output = [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content }];
    return response("completed", { output, usage: responsesUsage });
  },
  errorBody: openaiError,
  encodeErrorEvent: (message) =>
    encodeNamedEvents({ type: "error", code: "server_error", message, param: null }),
  ownErrors: {
    rateLimit: openaiError("Theirs.", "rate_limit_exceeded"),
    credential: openaiError("Theirs.", "invalid_api_key"),
    badRequest: { error: { type: "invalid_request_error", message: "Theirs.", code: null } },
    overload: openaiError("Theirs.", "server_error"),
  },
  contextLengthBody: openaiContextLengthBody,
  contextLengthEvent: encodeNamedEvents(
    failedResponse({ code: "context_length_exceeded", message: "The limit is 4096 tokens." }),
  ),
  unknownEvent: undefined,
  failureEnding: encodeNamedEvents(failedResponse({ code: "server_error", message: "Theirs." })),
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
  encodeNamedEvents(
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
  hasUnstreamedReplies: false,
  path: "/messages",
  startText: (text) => block({ type: "text", text: "" }, { type: "text_delta", text }),
  startThinking: (thinking) =>
    block({ type: "thinking", thinking: "", signature: "" }, { type: "thinking_delta", thinking }),
  startCall: (id, name, args) =>
    block({ type: "tool_use", id, name, input: {} }, { type: "input_json_delta", partial_json: args }),
  continueText: (text) =>
    encodeNamedEvents({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  ending: encodeNamedEvents(
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    { type: "message_stop" },
  ),
  wholeReply: (text) => ({
    ...messageStart.message,
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    usage: { input_tokens: 3, output_tokens: 2 },
  }),
  errorBody: (message) => anthropicError(message),
  encodeErrorEvent: (message) => encodeNamedEvents(anthropicError(message, "overloaded_error")),
  ownErrors: {
    rateLimit: anthropicError("Theirs.", "rate_limit_error"),
    credential: anthropicError("Theirs.", "authentication_error"),
    badRequest: anthropicError("Theirs.", "invalid_request_error"),
    overload: anthropicError("Theirs.", "overloaded_error"),
  },
  contextLengthBody: anthropicTooLong,
  contextLengthEvent: encodeNamedEvents(anthropicTooLong),
  unknownEvent: undefined,
  failureEnding: encodeNamedEvents(anthropicError("Theirs.")),
  emptyStream: encodeNamedEvents(messageStart, {
    type: "message_delta",
    delta: {},
    usage: { output_tokens: 0 },
  }),
};

const candidate = (part: object, fields: object = {}): object => ({
  candidates: [{ content: { role: "model", parts: [part] }, index: 0, ...fields }],
});
const googleError = (message: string, code = 500, status = "INTERNAL"): object => ({
  error: { code, message, status },
});
const googleUsage = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
const googleTooLong = googleError(
  "The input token count (5000) exceeds the maximum number of tokens allowed (4096 tokens).",
  400,
  "INVALID_ARGUMENT",
);

const googleGenerativeAiFormat: WireFormat = {
  api: "google-generative-ai",
  hasUnstreamedReplies: false,
  path: "streamGenerateContent",
  startText: (text) => encodeEvent(candidate({ text })),
  startThinking: (text) => encodeEvent(candidate({ text, thought: true })),
  startCall: (id, name, args) =>
    encodeEvent(candidate({ functionCall: { id, name, args: JSON.parse(args) as unknown } })),
  continueText: (text) => encodeEvent(candidate({ text })),
  ending: encodeEvent({
    ...candidate({ text: "" }, { finishReason: "STOP" }),
    usageMetadata: googleUsage,
  }),
  wholeReply: (text) => ({ ...candidate({ text }, { finishReason: "STOP" }), usageMetadata: googleUsage }),
  errorBody: (message) => googleError(message),
  encodeErrorEvent: (message) => encodeEvent(googleError(message, 503, "UNAVAILABLE")),
  ownErrors: {
    rateLimit: googleError("Theirs.", 429, "RESOURCE_EXHAUSTED"),
    credential: googleError("Theirs.", 401, "UNAUTHENTICATED"),
    badRequest: googleError("Theirs.", 400, "INVALID_ARGUMENT"),
    overload: googleError("Theirs.", 503, "UNAVAILABLE"),
  },
  contextLengthBody: googleTooLong,
  contextLengthEvent: encodeEvent(googleTooLong),
  unknownEvent: encodeEvent({ candidates: "none" }),
  failureEnding: encodeEvent(candidate({ text: "" }, { finishReason: "MALFORMED_FUNCTION_CALL" })),
  emptyStream: encodeEvent({ usageMetadata: { promptTokenCount: 3 } }),
};

export const wireFormats: readonly WireFormat[] = [
  openaiCompletionsFormat,
  openaiResponsesFormat,
  anthropicMessagesFormat,
  googleGenerativeAiFormat,
];

/** Creates a complete and valid response in the mode that the gateway requests. */
export function createReply(
  text: string,
  stream: boolean,
  format: WireFormat = openaiCompletionsFormat,
): ScriptedResponse {
  if (!stream && format.hasUnstreamedReplies) return jsonResponse(format.wholeReply(text));
  const [first = "", ...rest] = text.split(/(?<= )/);
  return sseResponse(
    format.startText(first) + rest.map((word) => format.continueText(word)).join("") + format.ending,
  );
}
