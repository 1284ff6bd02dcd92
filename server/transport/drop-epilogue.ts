/** Ends a form at its closing delimiter: the parser waits forever when more bytes arrive after it (fastify/busboy, issue 228). */
import { Transform } from "node:stream";

/**
 * Passes a multipart body on, up to its closing delimiter, and drops what comes later, as
 * https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 demands. A body without the delimiter passes unchanged.
 */
export function createEpilogueFilter(boundary: string): Transform {
  const delimiter = Buffer.from(`\r\n--${boundary}--`);
  // The first delimiter of a body has no line break before it.
  let tail = Buffer.from("\r\n");
  let sentBytes = 0;
  let hasEnded = false;

  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      if (hasEnded) return callback();
      const data = Buffer.concat([tail, chunk]);
      const start = data.indexOf(delimiter);
      hasEnded = start !== -1;
      // The delimiter may begin at the end of a chunk.
      const end = hasEnded ? start + delimiter.length : Math.max(0, data.length - delimiter.length + 1);
      this.push(data.subarray(skipLineBreak(), end));
      tail = data.subarray(end);
      sentBytes += end;
      if (hasEnded) this.push(null);
      callback();
    },
    flush(callback) {
      if (!hasEnded) this.push(tail.subarray(skipLineBreak()));
      callback();
    },
  });

  /** The line break of the first tail is not part of the body. */
  function skipLineBreak(): number {
    return Math.max(0, 2 - sentBytes);
  }
}
