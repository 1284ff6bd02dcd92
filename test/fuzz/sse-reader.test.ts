/** The reader of server-sent events: any events, in any spelling and in pieces of any size, are the same events. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createEventParser } from "../../clients/typescript/src/sse.ts";
import { fuzz, fuzzTimeoutMs } from "../support/runs/fuzz.ts";

const line = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .map((text) => text.replaceAll(/[\r\n\uFEFF]/g, ""));
const event = fc.array(line, { minLength: 1, maxLength: 3 });
const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const noise = fc.constantFrom("", ": comment", "event: x", "id: 1", "retry: 10", "unknown", "datum: x");

function parse(bytes: Uint8Array, cuts: readonly number[]): readonly string[] {
  const read = createEventParser();
  const events: string[] = [];
  let from = 0;
  for (const cut of [
    ...cuts.map((each) => each % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ]) {
    events.push(...read(bytes.subarray(from, cut)));
    from = cut;
  }
  return events;
}

test(
  "events are read whatever their line ends, comments and pieces are",
  () => {
    const cuts = fc.array(fc.nat(2_000), { maxLength: 8 });
    fuzz(
      [fc.array(event, { maxLength: 5 }), lineEnd, noise, fc.boolean(), cuts],
      (events, end, other, space, at) => {
        const text = events
          .map((lines) => {
            const data = lines.map((each) => `data:${space || each.startsWith(" ") ? " " : ""}${each}`);
            return [...(other === "" ? [] : [other]), ...data, "", ""].join(end);
          })
          .join("");
        expect(parse(new TextEncoder().encode(text), at)).toEqual(events.map((lines) => lines.join("\n")));
      },
    );
  },
  fuzzTimeoutMs,
);

test(
  "any bytes give the same events in one piece and in many",
  () => {
    fuzz([fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300), { maxLength: 8 })], (bytes, at) => {
      const withFields = Buffer.concat([Buffer.from("data: a\n\ndata:"), bytes, Buffer.from("\n\n")]);
      expect(parse(withFields, at)).toEqual(parse(withFields, []));
    });
  },
  fuzzTimeoutMs,
);
