/** Joins fragments of the same text or call that a run emits within a short time. */
import type { RunEvent, RunSink, StartRun } from "../../agent/types.ts";

/** The last fragment of a run waits `delayMs` for the next one at the longest. */
export function batchFragments(run: StartRun, delayMs: number): StartRun {
  return (sink) => run(createBatchingSink(sink, delayMs));
}

function createBatchingSink(sink: RunSink, delayMs: number): RunSink {
  let buffered: RunEvent | undefined;
  let timer: NodeJS.Timeout | undefined;
  const emitHeld = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (buffered !== undefined) sink.emit(buffered);
    buffered = undefined;
  };
  return {
    emit(event) {
      const joined = buffered && join(buffered, event);
      if (joined !== undefined) {
        buffered = joined;
        return;
      }
      emitHeld();
      if (!isFragment(event)) return sink.emit(event);
      buffered = event;
      timer = setTimeout(emitHeld, delayMs);
    },
    ready: () => sink.ready?.(),
  };
}

function isFragment({ type }: RunEvent): boolean {
  return type === "text" || type === "thinking" || type === "refusal" || type === "tool_call_arguments";
}

/** Undefined when the two are not fragments of the same. */
function join(first: RunEvent, second: RunEvent): RunEvent | undefined {
  switch (first.type) {
    case "text":
    case "thinking":
    case "refusal":
      return second.type === first.type ? { type: first.type, text: first.text + second.text } : undefined;
    case "tool_call_arguments":
      return second.type === "tool_call_arguments" && second.index === first.index
        ? { ...first, fragment: first.fragment + second.fragment }
        : undefined;
    default:
      return undefined;
  }
}
