/** Cuts a stream of text before the first stop string in it, wherever its pieces part. */

interface StopFilter {
  /** What of the text so far may be told: all but what could be the beginning of a stop string. */
  pass(piece: string): { readonly text: string; readonly stopped: boolean };
  /** What was still held back when no more pieces come. */
  rest(): string;
}

export function stopFilter(stops: readonly string[]): StopFilter {
  const wanted = stops.filter((stop) => stop !== "");
  let held = "";
  return {
    pass(piece) {
      const text = held + piece;
      const found = wanted.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
      const stopped = found.length > 0;
      const end = stopped ? Math.min(...found) : text.length - beginning(text, wanted);
      held = stopped ? "" : text.slice(end);
      return { text: text.slice(0, end), stopped };
    },
    rest: () => held,
  };
}

/** Length of the longest end of the text that a stop string begins with. */
function beginning(text: string, stops: readonly string[]): number {
  const longest = Math.max(0, ...stops.map((stop) => stop.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(-length);
    if (stops.some((stop) => stop.startsWith(end))) return length;
  }
  return 0;
}
