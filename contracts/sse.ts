/** The wire format of server-sent events. See https://html.spec.whatwg.org/multipage/server-sent-events.html */

/** Formats one event. `data` must be JSON text without line breaks. Throws for a line break in `event` or `id`. */
export function frame(data: string, event?: string, id?: string): string {
  const eventLine = event === undefined ? "" : `event: ${requireOneLine(event)}\n`;
  const idLine = id === undefined ? "" : `id: ${requireOneLine(id)}\n`;
  return `${eventLine}${idLine}data: ${data}\n\n`;
}

/** Formats the reconnection time, in milliseconds. */
export function retryFrame(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** A comment. Clients ignore it; proxies see that the connection is alive. */
export const keepAliveFrame = ": keepalive\n\n";

function requireOneLine(value: string): string {
  if (/[\r\n]/.test(value))
    throw new Error(`An SSE field must not have a line break: ${JSON.stringify(value)}`);
  return value;
}
