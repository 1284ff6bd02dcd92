import { expect, test } from "vitest";
import { createUtf8Decoder } from "../../server/agent/models/utf8-decoder.ts";

const parts: Readonly<Record<string, Buffer>> = {
  ascii: Buffer.from("hello"),
  characters: Buffer.from("é世👋 a"),
  "byte order marks": Buffer.from("\uFEFFa\uFEFFb"),
  "invalid bytes": Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xe4, 0xb8, 0x62, 0xf0, 0x9f, 0x91, 0x0a]),
  "a cut character": Buffer.from([0x61, 0x0a, 0xe4, 0xb8]),
};

/** Every way to divide the bytes into three parts, of which some are empty. */
function* divide(bytes: Buffer): Generator<readonly Buffer[]> {
  for (let first = 0; first <= bytes.length; first += 1)
    for (let second = first; second <= bytes.length; second += 1)
      yield [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
}

test.each(Object.entries(parts))(
  "%s are decoded as by one decoder, wherever they are divided",
  (_, bytes) => {
    for (const division of divide(bytes)) {
      const decoder = createUtf8Decoder();
      const reference = new TextDecoder();
      const text = division.map((part) => decoder.decode(part)).join("") + decoder.end();
      const expected = division.map((part) => reference.decode(part, { stream: true })).join("");
      expect(text).toBe(expected + reference.decode());
    }
  },
);
