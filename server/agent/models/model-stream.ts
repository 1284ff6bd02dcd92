/** Adapts models that yield events to models that push them, and back. */
import { createPullQueue } from "../../lib/pull-queue.ts";
import type { Model, ModelEvent, ModelStream } from "../types.ts";

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

/** Yields the events of a model one by one as they are asked for. `return()` aborts the call. */
export function toModelStream(model: Model): ModelStream {
  return (call, signal) =>
    createPullQueue<ModelEvent>(signal, (sink, callSignal) => model(call, sink, callSignal));
}
