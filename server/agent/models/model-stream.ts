/** Adapts models that yield events to models that push them. */
import type { Model, ModelStream } from "../types.ts";

/** Pushes the events of a stream. Stops reading after `finish`, `error` or an abort, and waits for a slow sink. */
export function toModel(stream: ModelStream): Model {
  return async (call, sink, signal) => {
    for await (const event of stream(call, signal)) {
      sink.emit(event);
      if (event.type === "error" || event.type === "finish" || signal.aborted) return;
      const ready = sink.ready?.();
      if (ready !== undefined) await ready;
    }
  };
}
