/** Stop strings for a model whose API has none: its text ends before the first one, and so does the call. */
import type { Model, ModelEvent } from "../types.ts";
import { stopFilter } from "./builtin/stop-filter.ts";

export function endingAtStop(model: Model): Model {
  return (call, signal) =>
    call.stop.length === 0 ? model(call, signal) : ended(model({ ...call, stop: [] }, signal), call.stop);
}

async function* ended(
  events: AsyncIterable<ModelEvent>,
  stops: readonly string[],
): AsyncGenerator<ModelEvent> {
  const filter = stopFilter(stops);
  for await (const event of events) {
    if (event.type === "finish") {
      const rest = filter.rest();
      if (rest !== "") yield { type: "text", text: rest };
    }
    if (event.type !== "text") {
      yield event;
      continue;
    }
    const { text, stopped } = filter.pass(event.text);
    if (text !== "") yield { type: "text", text };
    if (stopped) {
      // The rest is neither waited nor paid for; what it would have cost is not known.
      yield { type: "finish", reason: "stop" };
      return;
    }
  }
}
