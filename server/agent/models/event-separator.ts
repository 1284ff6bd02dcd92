/**
 * Completes streams for the parser, to which a blank line ends an event: those whose events are separated by one line break,
 * and those whose lines are JSON without `data:`.
 */

export interface EventSeparator {
  /** Returns the text for the parser. A line that may go on is kept until it ends. */
  push(text: string): string;
  /** Returns the text that is still kept. */
  flush(): string;
  /** The parser has seen an event. If no blank line had to be added for it, no more text is checked. */
  recordEvent(): void;
  /** True when no more text is checked or kept. */
  readonly isDone: () => boolean;
}

/** JSON cannot go on with an object after an object, so these two lines are two events, not one in two lines. */
const boundaryPattern = /(?<=[}\]])(\r\n|\n|\r)(?=data: ?(?:\{|\[DONE\])|event:)/gi;

/** A line of JSON without a field name, which the parser would ignore. */
const bareLinePattern = /(?<=[\r\n])(?=\{|\[DONE\])/gi;

/** `maxLineCharacters` bounds what is kept; a longer line is left to the parser. */
export function createEventSeparator(maxLineCharacters: number): EventSeparator {
  let isChecking = true;
  let hasAdded = false;
  let pending = "";
  /** The last characters of the text so far, which begins on a new line. */
  let tail = "\n";

  const flush = (): string => {
    const rest = pending;
    pending = "";
    return rest;
  };

  return {
    push(text) {
      if (!isChecking) return pending === "" ? text : flush() + text;
      // A carriage return at the end may be half of a line break.
      const end = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r", text.length - 2)) + 1;
      if (end === 0) {
        pending += text;
        return pending.length > maxLineCharacters ? flush() : "";
      }
      const lines = tail + flush() + text.slice(0, end);
      pending = text.slice(end);
      const separated = lines.replaceAll(bareLinePattern, "data: ").replaceAll(boundaryPattern, "$1$1");
      hasAdded ||= separated.length > lines.length;
      const added = separated.slice(tail.length);
      tail = lines.slice(-3);
      return added;
    },
    flush,
    recordEvent() {
      isChecking = hasAdded;
    },
    isDone: () => !isChecking && pending === "",
  };
}
