/** Server-sent events on the wire. The only code that writes their framing. */

/** One event: `data` must be JSON text without line breaks, as `JSON.stringify` writes it. */
export function frame(data: string, event?: string, id?: string): string {
  const name = event === undefined ? "" : `event: ${event}\n`;
  const place = id === undefined ? "" : `id: ${id}\n`;
  return `${name}${place}data: ${data}\n\n`;
}

/** When to come back after the stream was cut. */
export function retryFrame(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** A comment. Clients ignore it, proxies see life. */
export const keepAliveFrame = ": keepalive\n\n";
