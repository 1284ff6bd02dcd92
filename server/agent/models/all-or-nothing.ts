/** Whole replies from a model that only streams: of one that fails on its way nothing is shown, so another model may answer. */
import type { Model, ModelEvent } from "../types.ts";

export function allOrNothing(model: Model): Model {
  return (call, signal) => (call.stream ? model(call, signal) : held(model(call, signal)));
}

async function* held(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  const all: ModelEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (event.type === "finish") yield* all;
    if (event.type === "error") yield event;
  }
}
