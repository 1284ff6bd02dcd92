/** Keeps the beginning and the end of a command's output in a buffer of limited size. */
import { StringDecoder } from "node:string_decoder";

export interface OutputBuffer {
  append(chunk: Buffer): void;
  /** Returns the number of bytes received, kept or not. */
  countTotal(): number;
  /** Returns the number of bytes dropped between the beginning and the end. */
  countDropped(): number;
  /** Returns the number of bytes received up to the last complete UTF-8 character. */
  countComplete(): number;
  /** Returns the text between two byte positions. A separate line marks dropped bytes. */
  read(from?: number, to?: number): string;
}

export function createOutputBuffer(maxBytes: number): OutputBuffer {
  /** Bytes before this offset are kept in place; after it the buffer is a ring with the latest bytes. */
  const headMax = Math.floor(maxBytes / 2);
  const ringSize = maxBytes - headMax;
  let storage = Buffer.alloc(0);
  let totalBytes = 0;

  const toOffset = (index: number): number =>
    index < headMax ? index : headMax + ((index - headMax) % ringSize);
  const countDropped = (): number => Math.max(0, totalBytes - maxBytes);
  /** The position of the first kept byte after the dropped ones. */
  const getTailStart = (): number => headMax + countDropped();

  const grow = (needed: number): void => {
    if (needed <= storage.length) return;
    const larger = Buffer.alloc(Math.min(maxBytes, Math.max(needed, storage.length * 2, 4096)));
    storage.copy(larger);
    storage = larger;
  };

  const slice = (from: number, to: number): Buffer => {
    if (to <= from) return Buffer.alloc(0);
    const offset = toOffset(from);
    const first = storage.subarray(offset, offset + to - from);
    return Buffer.concat([first, storage.subarray(headMax, headMax + to - from - first.length)]);
  };

  return {
    append(chunk) {
      grow(Math.min(maxBytes, totalBytes + chunk.length));
      for (let position = 0; position < chunk.length;) {
        const offset = toOffset(totalBytes);
        const size = chunk.copy(storage, offset, position, position + maxBytes - offset);
        position += size;
        totalBytes += size;
      }
    },
    countTotal: () => totalBytes,
    countDropped,
    countComplete() {
      const last = slice(Math.max(totalBytes - 4, countDropped() === 0 ? 0 : getTailStart()), totalBytes);
      return totalBytes - last.length + findCompleteLength(last);
    },
    read(from = 0, to = totalBytes) {
      const head = slice(from, Math.min(to, headMax));
      const tail = slice(Math.max(from, getTailStart()), to);
      const droppedCount = Math.min(countDropped(), getTailStart() - from);
      if (droppedCount <= 0) return decodeText(Buffer.concat([head, slice(Math.max(from, headMax), to)]));
      const before = decodeText(head.subarray(0, findCompleteLength(head)));
      const gap = `[${droppedCount} bytes of output were dropped here]`;
      return `${before}\n${gap}\n${decodeText(tail.subarray(countContinuationBytes(tail)))}`;
    },
  };
}

/** Decodes a stream of chunks. A character can be split between two chunks. */
export function createTextDecoder(): (chunk: Buffer) => string {
  const decoder = new StringDecoder("utf8");
  return (chunk) => replaceZeroBytes(decoder.write(chunk));
}

function decodeText(bytes: Buffer): string {
  return replaceZeroBytes(bytes.toString("utf8"));
}

/** PostgreSQL, for example, cannot store a text with a NUL character. */
function replaceZeroBytes(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}

/** Returns the length without an incomplete UTF-8 character at the end. */
function findCompleteLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Returns the number of UTF-8 continuation bytes at the start. */
function countContinuationBytes(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return Math.min(first === -1 ? bytes.length : first, 3);
}
