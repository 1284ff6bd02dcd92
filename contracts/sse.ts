/** Server-sent events on the wire. The only code that writes their framing. */

/** One event: `data` must be JSON text without line breaks, as `JSON.stringify` writes it. */
export function frame(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}

/** A comment. Clients ignore it, proxies see life. */
export const keepAliveFrame = ": keepalive\n\n";
