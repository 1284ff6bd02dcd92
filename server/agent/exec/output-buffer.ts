/** The output of a command, as much as is kept of it: its beginning and its end, in memory of a fixed size. */
import { StringDecoder } from "node:string_decoder";

export interface OutputBuffer {
  append(chunk: Buffer): void;
  /** Bytes that came, kept or not. */
  readonly total: number;
  /** Bytes that are gone, between what is kept of the beginning and of the end. */
  readonly dropped: number;
  /** Up to here all characters are whole; the rest of the last one may be still to come. */
  readonly whole: number;
  /** The text from one byte to another. A line of its own says where some is missing. */
  read(from?: number, to?: number): string;
}

export function createOutputBuffer(maxBytes: number): OutputBuffer {
  /** Before this place bytes stay where they came; behind it the buffer is a ring that holds the latest. */
  const headMax = Math.floor(maxBytes / 2);
  const ringSize = maxBytes - headMax;
  let kept = Buffer.alloc(0);
  let total = 0;

  const placeOf = (index: number): number =>
    index < headMax ? index : headMax + ((index - headMax) % ringSize);
  const dropped = (): number => Math.max(0, total - maxBytes);
  /** The first byte of the end that is kept. */
  const tailFrom = (): number => headMax + dropped();

  const grow = (needed: number): void => {
    if (needed <= kept.length) return;
    const larger = Buffer.alloc(Math.min(maxBytes, Math.max(needed, kept.length * 2, 4096)));
    kept.copy(larger);
    kept = larger;
  };

  const slice = (from: number, to: number): Buffer => {
    if (to <= from) return Buffer.alloc(0);
    const place = placeOf(from);
    const first = kept.subarray(place, place + to - from);
    return Buffer.concat([first, kept.subarray(headMax, headMax + to - from - first.length)]);
  };

  return {
    append(chunk) {
      grow(Math.min(maxBytes, total + chunk.length));
      for (let at = 0; at < chunk.length;) {
        const place = placeOf(total);
        const size = chunk.copy(kept, place, at, at + maxBytes - place);
        at += size;
        total += size;
      }
    },
    get total() {
      return total;
    },
    get dropped() {
      return dropped();
    },
    get whole() {
      const last = slice(Math.max(total - 4, dropped() === 0 ? 0 : tailFrom()), total);
      return total - last.length + wholeLength(last);
    },
    read(from = 0, to = total) {
      const head = slice(from, Math.min(to, headMax));
      const tail = slice(Math.max(from, tailFrom()), to);
      const missing = Math.min(dropped(), tailFrom() - from);
      if (missing <= 0) return textOf(Buffer.concat([head, slice(Math.max(from, headMax), to)]));
      const before = textOf(head.subarray(0, wholeLength(head)));
      const gap = `[${missing} bytes of output were dropped here]`;
      return `${before}\n${gap}\n${textOf(tail.subarray(continuationLength(tail)))}`;
    },
  };
}

/** Reads bytes as text while they come; a character may come in two chunks. */
export function createTextReader(): (chunk: Buffer) => string {
  const decoder = new StringDecoder("utf8");
  return (chunk) => withoutZeros(decoder.write(chunk));
}

function textOf(bytes: Buffer): string {
  return withoutZeros(bytes.toString("utf8"));
}

/** Not every store takes a text that has one. */
function withoutZeros(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}

/** The length without a character at the end whose last bytes are missing. */
function wholeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** How many bytes at the start belong to a character whose first byte is missing. */
function continuationLength(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return Math.min(first === -1 ? bytes.length : first, 3);
}
