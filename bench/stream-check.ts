/** Checks that a stream arrived completely, and reads its timestamps. */

/** The last frame of a complete stream of each API. */
const endings = ["data: [DONE]\n\n", 'data: {"type":"message_stop"}\n\n'];

/** Throws unless the body has this many chunks in order, and the end. */
export function checkStream(body: string, chunks: number): void {
  const reader = createChunkReader(() => {});
  reader.read(body);
  if (reader.count() !== chunks || !reader.isEnded())
    throw new Error(`only ${reader.count()} of ${chunks} chunks arrived in order: …${body.slice(-300)}`);
}

/** Looks only for `#<number>@<microseconds>$`. Parsing each chunk would measure this client instead of the server. */
export function createChunkReader(onSentAt: (microseconds: number) => void): {
  read(text: string): void;
  count(): number;
  isEnded(): boolean;
} {
  let rest = "";
  let count = 0;
  let isEnded = false;
  return {
    read(bytes) {
      const text = rest + bytes;
      let from = 0;
      for (let position = text.indexOf("#"); position >= 0; position = text.indexOf("#", from)) {
        const end = text.indexOf("$", position);
        if (end < 0) break;
        const expected = `#${count}@`;
        if (text.startsWith(expected, position)) count += 1;
        const sentAt = Number(text.slice(position + expected.length, end));
        if (sentAt > 0) onSentAt(sentAt);
        from = end;
      }
      isEnded ||= endings.some((ending) => text.includes(ending, from));
      rest = text.slice(Math.max(from, text.length - 64));
    },
    count: () => count,
    isEnded: () => isEnded,
  };
}
