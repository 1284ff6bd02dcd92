/** Reads chat completions, and chunks of streamed ones, as model events. Servers differ, so each field is checked. */
import type { ModelEvent, Usage } from "../../types.ts";
import {
  createIncompleteResponseError,
  createProtocolError,
  createUpstreamError,
  type Upstream,
} from "../provider-errors.ts";
import { asObject, asObjects, asText } from "../untrusted-json.ts";
import { parseFinishReason } from "../finish-reason.ts";
import { createThinkingState } from "./provider-state.ts";
import { createToolCallReader } from "./read-tool-calls.ts";
import { unwrapCompletion } from "./unwrap-completion.ts";

export interface CompletionReader {
  /** Appends the events of this chunk or completion; most other JSON has none. Returns false for an event of another API. */
  read(json: unknown, events: ModelEvent[]): boolean;
  /** Whether a finish reason has arrived. Only usage may follow. */
  readonly isFinished: () => boolean;
  /** Returns the last events: `finish`, or `error` for an incomplete reply. `[DONE]` completes a reply too. */
  end(hasDoneMarker: boolean): readonly ModelEvent[];
}

interface WireCompletion {
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly x_groq?: unknown;
  readonly type?: unknown;
  readonly candidates?: unknown;
}
interface WireChoice {
  readonly delta?: unknown;
  readonly message?: unknown;
  /** The text of OpenAI's older completions. */
  readonly text?: unknown;
  readonly finish_reason?: unknown;
  /** vLLM and SGLang: the stop sequence that matched, or the id of a token. */
  readonly stop_reason?: unknown;
  readonly matched_stop?: unknown;
  readonly usage?: unknown;
}
interface WireMessage {
  readonly content?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly reasoning_text?: unknown;
  readonly reasoning_details?: unknown;
  readonly refusal?: unknown;
  readonly tool_calls?: unknown;
  readonly function_call?: unknown;
}

const maxReasonCharacters = 64;
/** Events of the Messages and the Responses API. */
const otherApiPattern = /^(?:message_|content_block_|response\.)/;

/** `model` is the key of the model. State that the server attaches is sent back to this model only. */
export function createCompletionReader(upstream: Upstream, model: string): CompletionReader {
  const calls = createToolCallReader(model);
  const thinkingState = createThinkingState(model);
  /** The kinds of content that deltas had. A whole message that follows repeats them. */
  let hasText = false;
  let hasThinking = false;
  let hasRefusal = false;
  let hasCalls = false;
  let hasChoice = false;
  let reason: string | undefined;
  let stopSequence: string | undefined;
  let usage: Usage | undefined;

  function readDelta(delta: WireMessage, events: ModelEvent[]): void {
    hasThinking = readText("thinking", getThinking(delta), events) || hasThinking;
    thinkingState.add(delta as Readonly<Record<string, unknown>>);
    if (delta.content || delta.refusal || asObjects(delta.tool_calls).length > 0) thinkingState.take(events);
    hasText = readText("text", delta.content, events) || hasText;
    hasRefusal = readText("refusal", delta.refusal, events) || hasRefusal;
    if (delta.tool_calls) {
      for (const call of asObjects(delta.tool_calls)) calls.read(call, false, events);
    } else if (delta.function_call) {
      calls.read({ index: 0, function: delta.function_call }, false, events);
    }
    hasCalls ||= calls.namedCount() > 0;
  }

  function readMessage(message: WireMessage, events: ModelEvent[]): void {
    if (!hasThinking) {
      readText("thinking", getThinking(message), events);
      thinkingState.add(message as Readonly<Record<string, unknown>>);
      thinkingState.take(events);
    }
    if (!hasText) readText("text", message.content, events);
    if (!hasRefusal) readText("refusal", message.refusal, events);
    if (hasCalls) return;
    const entries = asObjects(message.tool_calls);
    for (const call of entries) calls.read(call, true, events);
    if (entries.length === 0 && message.function_call)
      calls.read({ function: message.function_call }, true, events);
  }

  return {
    read(json, events) {
      const completion = asObject<WireCompletion>(unwrapCompletion(json));
      if (completion === undefined) return true;
      if (completion.usage) usage = readUsage(completion.usage) ?? usage;
      if (completion.x_groq) usage = readUsage(asObject<WireChoice>(completion.x_groq)?.usage) ?? usage;
      const choice = asObject<WireChoice>(asObjects(completion.choices)[0]);
      if (choice === undefined) return !isOfOtherApi(completion);
      hasChoice = true;
      if (choice.usage) usage = readUsage(choice.usage) ?? usage;

      const delta = asObject<WireMessage>(choice.delta) ?? readLegacyText(choice);
      const message = delta === undefined ? readMessageObject(choice) : undefined;
      if (delta !== undefined) readDelta(delta, events);
      else if (message !== undefined) readMessage(message, events);
      stopSequence = asText(choice.stop_reason) || asText(choice.matched_stop) || stopSequence;
      // Some servers send an empty reason until there is one. An unstreamed reply needs none.
      reason = asText(choice.finish_reason) || (message === undefined ? reason : "stop");
      return true;
    },
    isFinished: () => reason !== undefined,
    end(hasDoneMarker) {
      const events: ModelEvent[] = [];
      thinkingState.take(events);
      return [...events, toLastEvent(hasDoneMarker)];
    },
  };

  function toLastEvent(hasDoneMarker: boolean): ModelEvent {
    const lastReason = reason ?? (hasDoneMarker && hasChoice ? "stop" : undefined);
    if (lastReason === undefined) return { type: "error", error: createIncompleteResponseError(upstream) };
    const finishReason = parseFinishReason(lastReason);
    if (finishReason === "failure") {
      const name = lastReason.slice(0, maxReasonCharacters);
      const error = createUpstreamError(upstream, `ended its response with the finish reason ${name}`);
      return { type: "error", error };
    }
    if (calls.hasNamelessCall()) {
      return { type: "error", error: createProtocolError(upstream, "sent a tool call without a name") };
    }
    const hasCall = calls.namedCount() > 0;
    return {
      type: "finish",
      reason: finishReason === "stop" && hasCall ? "tool_calls" : finishReason,
      usage,
      ...(finishReason === "stop" && !hasCall && stopSequence !== undefined ? { stopSequence } : {}),
    };
  }
}

/** Returns the text of an older completion as a message. Undefined for a choice with a message. */
const readLegacyText = ({ message, text }: WireChoice): WireMessage | undefined =>
  typeof text === "string" && !message ? { content: text } : undefined;

/** Returns the message of a choice. Some servers send its text instead. */
const readMessageObject = ({ message }: WireChoice): WireMessage | undefined =>
  typeof message === "string" ? { content: message } : asObject<WireMessage>(message);

/** Servers send the same thinking in several of these fields at once. */
const getThinking = (message: WireMessage): unknown =>
  message.reasoning_content || message.reasoning || message.reasoning_text || message.reasoning_details;

const isOfOtherApi = ({ type, candidates }: WireCompletion): boolean =>
  Boolean(candidates) || otherApiPattern.test(asText(type));

/** Reads a text, or a list of parts, which may include thinking. Returns whether there is any. */
function readText(type: "text" | "thinking" | "refusal", content: unknown, events: ModelEvent[]): boolean {
  // An answer in JSON may be a number or a boolean.
  if (typeof content === "number" || typeof content === "boolean")
    return readText(type, String(content), events);
  if (typeof content === "string") {
    if (content !== "") events.push({ type, text: content });
    return content !== "";
  }
  const count = events.length;
  for (const item of asObjects(content)) {
    const part = asObject<{ readonly text?: unknown; readonly thinking?: unknown }>(item);
    readText("thinking", part?.thinking, events);
    readText(type, part?.text, events);
  }
  return events.length > count;
}

interface WireUsage {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
  readonly input_tokens?: unknown;
  readonly output_tokens?: unknown;
  readonly prompt_tokens_details?: unknown;
  readonly completion_tokens_details?: unknown;
  /** DeepSeek, Moonshot, and proxies of Anthropic count cached tokens here. */
  readonly prompt_cache_hit_tokens?: unknown;
  readonly cached_tokens?: unknown;
  readonly cache_read_input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
}

/** Usage without counts is undefined, not 0. */
function readUsage(value: unknown): Usage | undefined {
  const usage = asObject<WireUsage>(value);
  const input = toTokenCount(usage?.prompt_tokens) ?? toTokenCount(usage?.input_tokens);
  const output = toTokenCount(usage?.completion_tokens) ?? toTokenCount(usage?.output_tokens);
  if (input === undefined && output === undefined) return undefined;
  const inputDetails = asObject<{ readonly cached_tokens?: unknown; readonly cache_write_tokens?: unknown }>(
    usage?.prompt_tokens_details,
  );
  const outputDetails = asObject<{ readonly reasoning_tokens?: unknown }>(usage?.completion_tokens_details);
  return {
    input: input ?? 0,
    output: output ?? 0,
    cached:
      toTokenCount(inputDetails?.cached_tokens) ??
      toTokenCount(usage?.prompt_cache_hit_tokens) ??
      toTokenCount(usage?.cached_tokens) ??
      toTokenCount(usage?.cache_read_input_tokens) ??
      0,
    cacheWrite:
      toTokenCount(inputDetails?.cache_write_tokens) ?? toTokenCount(usage?.cache_creation_input_tokens) ?? 0,
    reasoning: toTokenCount(outputDetails?.reasoning_tokens) ?? 0,
  };
}

function toTokenCount(value: unknown): number | undefined {
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
