/** Lines out of a stream of bytes. Of a line that is too long only the beginning is kept. */

const newline = 0x0a;

export function splitLines(
  maxBytes: number,
  onLine: (line: string, cut: boolean) => void,
): (bytes: Buffer) => void {
  let kept: Buffer[] = [];
  let size = 0;
  let cut = false;

  function keep(bytes: Buffer): void {
    const room = maxBytes - size;
    if (bytes.length > room) cut = true;
    if (room <= 0 || bytes.length === 0) return;
    kept.push(bytes.subarray(0, room));
    size += Math.min(bytes.length, room);
  }

  return (bytes) => {
    let from = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
      keep(bytes.subarray(from, end));
      onLine(Buffer.concat(kept).toString().trimEnd(), cut);
      kept = [];
      size = 0;
      cut = false;
      from = end + 1;
    }
    keep(bytes.subarray(from));
  };
}
