import { describe, expect, test } from "vitest";
import { createEventParser } from "../../clients/typescript/src/sse.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { frame, keepAliveFrame } from "../../contracts/sse.ts";
import { frameDataOf } from "../support/gateway/example-frames.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The events of bytes that arrive in these pieces. */
function parse(...pieces: readonly Uint8Array[]): readonly string[] {
  const next = createEventParser();
  return pieces.flatMap((piece) => next(piece));
}

/** The events at every cut into two pieces and in pieces of one byte: all different outcomes, which should be one. */
function outcomesAtEveryCut(bytes: Uint8Array): readonly (readonly string[])[] {
  const outcomes = new Map<string, readonly string[]>();
  const note = (events: readonly string[]): void => void outcomes.set(JSON.stringify(events), events);
  for (let cut = 0; cut <= bytes.length; cut += 1) note(parse(bytes.subarray(0, cut), bytes.subarray(cut)));
  note(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte))));
  return [...outcomes.values()];
}

/** What every streamed example of the contracts is on the wire, event by event. */
const streams = exampleSets.flatMap(({ endpoint, examples }) =>
  examples.flatMap((example) =>
    "events" in example ? [{ title: example.title, data: frameDataOf(endpoint, example) }] : [],
  ),
);

const wires = {
  "as the gateway sends it": (data: readonly string[]) => data.map((each) => frame(each)).join(""),
  "with CRLF": (data: readonly string[]) => data.map((each) => frame(each).replaceAll("\n", "\r\n")).join(""),
  "with CR": (data: readonly string[]) => data.map((each) => frame(each).replaceAll("\n", "\r")).join(""),
  "after a byte order mark": (data: readonly string[]) => `\uFEFF${data.map((each) => frame(each)).join("")}`,
  "with signs of life between": (data: readonly string[]) =>
    data.map((each) => keepAliveFrame + frame(each)).join("") + keepAliveFrame,
  "with event names": (data: readonly string[]) => data.map((each) => frame(each, "message")).join(""),
};

test("there are streamed examples to cut", () => {
  expect(streams.length).toBeGreaterThanOrEqual(5);
});

describe.each(streams)("$title", ({ data }) => {
  test.each(Object.entries(wires))("%s, cut anywhere, is the same events", (_, wire) => {
    expect(outcomesAtEveryCut(encode(wire(data)))).toEqual([data]);
  });
});

test("characters of several bytes survive every cut", () => {
  expect(outcomesAtEveryCut(encode("data: é ✓ 🦞\n\ndata: 🦞\r\n\r\n"))).toEqual([["é ✓ 🦞", "🦞"]]);
});

test.for([
  ["several data lines are joined", "data: a\ndata: b\n\n", ["a\nb"]],
  ["only one space is taken away", "data:a\n\ndata:  b\n\n", ["a", " b"]],
  ["empty data is an event", "data\n\ndata:\n\n", ["", ""]],
  ["an event without data is none", "event: ping\n\n: comment\n\n\n\n", []],
  [
    "other fields and comments within an event are passed over",
    "id: 1\n:x\ndata: a\nretry: 5\ndatum: b\n\n",
    ["a"],
  ],
  ["an event that is not ended is not given out", "data: a\n\ndata: b\n", ["a"]],
  ["line ends may be mixed", "data: a\r\rdata: b\r\n\ndata: c\n\r\n", ["a", "b", "c"]],
  ["a mark in the middle is text", "data: a\uFEFFb\n\n", ["a\uFEFFb"]],
] as const)("%s", ([, text, events]) => {
  expect(outcomesAtEveryCut(encode(text))).toEqual([events]);
});

test("an event ended by CR is given out without waiting for more bytes", () => {
  expect(parse(encode("data: a\r\r"))).toEqual(["a"]);
});
