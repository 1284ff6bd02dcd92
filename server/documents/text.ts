/** Bytes as text: UTF-8, or UTF-16 that says so; for pages of the web also what they or their servers say. */

/** Undefined for anything else than text. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder(markedCharset(bytes) ?? "utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Never undefined for odd characters. @param charset as the server says; what the page itself says comes second */
export function pageText(bytes: Uint8Array, charset: string | undefined): string {
  const head = Buffer.from(bytes.subarray(0, 1_024)).toString("latin1");
  const own = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1];
  const label = markedCharset(bytes) ?? charset ?? own ?? "utf-8";
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function markedCharset([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return undefined;
}
