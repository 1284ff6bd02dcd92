/** Reads server-sent events from bytes that arrive in pieces of any size. Events of this API say everything in `data`. */

const lineEnd = /\r\n|\n|\r/;

/**
 * A parser for one response. Called with the next bytes, it returns the `data` of each event that they complete;
 * an event that is not ended by an empty line is never returned.
 */
export function createEventParser(): (bytes: Uint8Array) => readonly string[] {
  // Keeps the bytes of a split character for the next call, and drops a byte order mark.
  const decoder = new TextDecoder();
  let partialLine = "";
  let endedWithCr = false;
  let data: string[] = [];

  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    // A CR ends its line at once; when its LF comes with the next bytes, that one ends nothing.
    const lines = text.slice(endedWithCr && text.startsWith("\n") ? 1 : 0).split(lineEnd);
    endedWithCr = text.endsWith("\r");
    lines[0] = partialLine + (lines[0] ?? "");
    partialLine = lines.pop() ?? "";

    const events: string[] = [];
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      else if (line === "data") data.push("");
      else if (line === "" && data.length > 0) {
        events.push(data.join("\n"));
        data = [];
      }
    }
    return events;
  };
}
