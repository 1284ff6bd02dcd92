/** Decodes UTF-8 that arrives in parts. */

export interface Utf8Decoder {
  decode(bytes: Uint8Array): string;
  /** Returns what is left of a character that was cut at the end. */
  end(): string;
}

/** Removes a byte order mark. */
const firstPart = new TextDecoder();
const laterPart = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Decodes each part alone as long as parts end with an ASCII character. After another end, a
 * `TextDecoder` with state takes over: its native converter costs more than decoding a short reply.
 */
export function createUtf8Decoder(): Utf8Decoder {
  let stateful: InstanceType<typeof TextDecoder> | undefined;
  let isFirst = true;
  return {
    decode(bytes) {
      const last = bytes.at(-1);
      if (last === undefined) return "";
      const decoder = isFirst ? firstPart : laterPart;
      if (stateful === undefined && last < 0x80) {
        isFirst = false;
        return decoder.decode(bytes);
      }
      stateful ??= new TextDecoder("utf-8", { ignoreBOM: !isFirst });
      return stateful.decode(bytes, { stream: true });
    },
    end: () => stateful?.decode() ?? "",
  };
}
