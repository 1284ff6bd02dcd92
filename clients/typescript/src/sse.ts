/** Parses server-sent events from byte chunks of any size. Only `data` is read: other fields are not used by this API. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */

const lineEnd = /\r\n|\n|\r/;

/**
 * Returns a parser for one response. Each call takes the next bytes and returns the `data` of each completed event. An
 * event without a final empty line is never returned.
 */
export function createEventParser(): (bytes: Uint8Array) => readonly string[] {
  // The decoder keeps the bytes of an incomplete character for the next call, and removes a byte order mark.
  const decoder = new TextDecoder();
  let partialLine = "";
  let endedWithCr = false;
  let data: string[] = [];

  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    // A CR ends its line at once. An LF at the start of the next bytes belongs to that CR.
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
