/** Wrappers that give a model a behaviour its provider lacks. */
import type { Model, ModelEvent, ModelStream } from "../types.ts";

/** A larger reply is not buffered to its end: the run has to see it, to end it at its limits. */
const maxBufferedCharacters = 1_048_576;
const maxBufferedCalls = 128;

/**
 * Buffers unstreamed replies of a provider that can only stream. A reply that fails midway then emits no content, so a
 * fallback model can still answer.
 */
export function bufferUnstreamed(stream: ModelStream): ModelStream {
  return (call, signal) => (call.stream ? stream(call, signal) : bufferEvents(stream(call, signal)));
}

async function* bufferEvents(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  const buffer = createReplyBuffer();
  for await (const event of events) yield* buffer(event);
}

/** Returns the events that each event releases: none before the reply is complete, or too large. */
export function createReplyBuffer(): (event: ModelEvent) => readonly ModelEvent[] {
  let buffered: ModelEvent[] = [];
  let characters = 0;
  let calls = 0;
  let isBuffering = true;
  return (event) => {
    if (!isBuffering || event.type === "error") return [event];
    buffered.push(event);
    if ("text" in event) characters += event.text.length;
    else if (event.type === "tool_call_arguments") characters += event.fragment.length;
    else if (event.type === "tool_call") calls += 1;
    const isTooLarge = characters > maxBufferedCharacters || calls > maxBufferedCalls;
    if (!isTooLarge && event.type !== "finish") return [];
    isBuffering = false;
    const released = buffered;
    buffered = [];
    return released;
  };
}

/** Sets the model's configured limit on calls that have none or a larger one, which its provider would reject. */
export function withMaxTokens(model: Model, maxTokens: number | undefined): Model {
  if (maxTokens === undefined) return model;
  return (call, sink, signal) =>
    model({ ...call, maxOutputTokens: Math.min(call.maxOutputTokens ?? maxTokens, maxTokens) }, sink, signal);
}
