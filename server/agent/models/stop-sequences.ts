/** Stop sequences for models whose API has none, and for the built-in model. */
import type { ModelEvent, ModelStream } from "../types.ts";

/** Ends the text, and the provider call, before the first stop sequence of the call. */
export function withStopSequences(stream: ModelStream): ModelStream {
  return (call, signal) =>
    call.stop.length === 0
      ? stream(call, signal)
      : endAtStopSequence(stream({ ...call, stop: [] }, signal), call.stop);
}

async function* endAtStopSequence(
  events: AsyncIterable<ModelEvent>,
  sequences: readonly string[],
): AsyncGenerator<ModelEvent> {
  const filter = createStopFilter(sequences);
  for await (const event of events) {
    if (event.type === "finish") {
      const rest = filter.flush();
      if (rest !== "") yield { type: "text", text: rest };
    }
    if (event.type !== "text") {
      yield event;
      continue;
    }
    const { text, stopSequence } = filter.push(event.text);
    if (text !== "") yield { type: "text", text };
    if (stopSequence !== undefined) {
      // The call ends here, so the provider never reports its usage.
      yield { type: "finish", reason: "stop", stopSequence };
      return;
    }
  }
}

interface StopFilter {
  /** Returns the text that can be sent. A suffix that may begin a stop sequence is kept for the next call. */
  push(chunk: string): { readonly text: string; readonly stopSequence: string | undefined };
  /** Returns the text that is still kept, at the end of the stream. */
  flush(): string;
}

/** Cuts a stream of text before its first stop sequence, which may span several chunks. */
export function createStopFilter(stops: readonly string[]): StopFilter {
  const sequences = stops.filter((stop) => stop !== "");
  let pending = "";
  return {
    push(chunk) {
      const text = pending + chunk;
      const matches = sequences
        .map((stop) => ({ stop, index: text.indexOf(stop) }))
        .filter(({ index }) => index >= 0);
      const first = matches.toSorted((a, b) => a.index - b.index)[0];
      const end = first?.index ?? text.length - measurePartialMatch(text, sequences);
      pending = first === undefined ? text.slice(end) : "";
      return { text: text.slice(0, end), stopSequence: first?.stop };
    },
    flush: () => pending,
  };
}

/** Length of the longest suffix of the text that is a prefix of a stop sequence. */
function measurePartialMatch(text: string, stops: readonly string[]): number {
  const longest = Math.max(0, ...stops.map((stop) => stop.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const suffix = text.slice(-length);
    if (stops.some((stop) => stop.startsWith(suffix))) return length;
  }
  return 0;
}
