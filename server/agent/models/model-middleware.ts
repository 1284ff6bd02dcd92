/** Wrappers that give a model a behaviour its provider lacks. */
import type { Model, ModelEvent, ModelStream } from "../types.ts";

/**
 * Buffers unstreamed replies of a provider that can only stream. A reply that fails midway then emits no content, so a
 * fallback model can still answer.
 */
export function bufferUnstreamed(stream: ModelStream): ModelStream {
  return (call, signal) => (call.stream ? stream(call, signal) : bufferEvents(stream(call, signal)));
}

async function* bufferEvents(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  const buffered: ModelEvent[] = [];
  for await (const event of events) {
    buffered.push(event);
    if (event.type === "finish") yield* buffered;
    if (event.type === "error") yield event;
  }
}

/** Sets the model's configured limit on calls that have no limit of their own. */
export function withMaxTokens(model: Model, maxTokens: number | undefined): Model {
  if (maxTokens === undefined) return model;
  return (call, sink, signal) =>
    model({ ...call, maxOutputTokens: call.maxOutputTokens ?? maxTokens }, sink, signal);
}
