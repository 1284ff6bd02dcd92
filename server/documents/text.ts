/** Decodes bytes to text: UTF-8, UTF-16 with a byte order mark, and for web pages the declared charset. */

/** Returns undefined for bytes that are not text. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder(detectBomCharset(bytes) ?? "utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Replaces invalid characters instead of failing.
 * @param charset the charset that the server declares; it takes precedence over the page's own
 */
export function decodePage(bytes: Uint8Array, charset: string | undefined): string {
  const head = Buffer.from(bytes.subarray(0, 1_024)).toString("latin1");
  const metaCharset = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1];
  const label = detectBomCharset(bytes) ?? charset ?? metaCharset ?? "utf-8";
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function detectBomCharset([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return undefined;
}
