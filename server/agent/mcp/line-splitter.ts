/** Splits a stream of bytes into lines. A line that is too long is truncated. */

const newline = 0x0a;

export function createLineSplitter(
  maxBytes: number,
  onLine: (line: string, isTruncated: boolean) => void,
): (bytes: Buffer) => void {
  let chunks: Buffer[] = [];
  let size = 0;
  let isTruncated = false;

  function append(bytes: Buffer): void {
    const remaining = maxBytes - size;
    if (bytes.length > remaining) isTruncated = true;
    if (remaining <= 0 || bytes.length === 0) return;
    chunks.push(bytes.subarray(0, remaining));
    size += Math.min(bytes.length, remaining);
  }

  return (bytes) => {
    let from = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
      append(bytes.subarray(from, end));
      onLine(Buffer.concat(chunks).toString().trimEnd(), isTruncated);
      chunks = [];
      size = 0;
      isTruncated = false;
      from = end + 1;
    }
    append(bytes.subarray(from));
  };
}
