import { describe, expect, test } from "vitest";
import { createEventParser } from "../../clients/typescript/src/sse.ts";
import { exampleSets } from "../../contracts/examples/index.ts";
import { frame, keepAliveFrame } from "../../contracts/sse.ts";
import { encodeFrameData } from "../support/gateway/example-frames.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Parses bytes that arrive in these chunks. */
function parse(...pieces: readonly Uint8Array[]): readonly string[] {
  const next = createEventParser();
  return pieces.flatMap((piece) => next(piece));
}

/** Parses the bytes split at every position, and byte by byte. Returns the distinct outcomes, of which there should be one. */
function outcomesAtEveryCut(bytes: Uint8Array): readonly (readonly string[])[] {
  const outcomes = new Map<string, readonly string[]>();
  const note = (events: readonly string[]): void => void outcomes.set(JSON.stringify(events), events);
  for (let cut = 0; cut <= bytes.length; cut += 1) note(parse(bytes.subarray(0, cut), bytes.subarray(cut)));
  note(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte))));
  return [...outcomes.values()];
}

/** The events of every streamed example of the contracts. */
const streams = exampleSets.flatMap(({ endpoint, examples }) =>
  examples.flatMap((example) =>
    "events" in example ? [{ title: example.title, data: encodeFrameData(endpoint, example) }] : [],
  ),
);

const wires = {
  "as the gateway sends it": (data: readonly string[]) => data.map((each) => frame(each)).join(""),
  "with CRLF": (data: readonly string[]) => data.map((each) => frame(each).replaceAll("\n", "\r\n")).join(""),
  "with CR": (data: readonly string[]) => data.map((each) => frame(each).replaceAll("\n", "\r")).join(""),
  "after a byte order mark": (data: readonly string[]) => `\uFEFF${data.map((each) => frame(each)).join("")}`,
  "with keep-alive comments between": (data: readonly string[]) =>
    data.map((each) => keepAliveFrame + frame(each)).join("") + keepAliveFrame,
  "with event names": (data: readonly string[]) => data.map((each) => frame(each, "message")).join(""),
};

test("there are streamed examples to split", () => {
  expect(streams.length).toBeGreaterThanOrEqual(5);
});

describe.each(streams)("$title", ({ data }) => {
  test.each(Object.entries(wires))("%s, split anywhere, has the same events", (_, wire) => {
    expect(outcomesAtEveryCut(encode(wire(data)))).toEqual([data]);
  });
});

test("characters of several bytes can be split anywhere", () => {
  expect(outcomesAtEveryCut(encode("data: é ✓ 🦞\n\ndata: 🦞\r\n\r\n"))).toEqual([["é ✓ 🦞", "🦞"]]);
});

test.for([
  ["several data lines are joined", "data: a\ndata: b\n\n", ["a\nb"]],
  ["only one space is removed", "data:a\n\ndata:  b\n\n", ["a", " b"]],
  ["empty data is an event", "data\n\ndata:\n\n", ["", ""]],
  ["an event without data is ignored", "event: ping\n\n: comment\n\n\n\n", []],
  [
    "other fields and comments within an event are ignored",
    "id: 1\n:x\ndata: a\nretry: 5\ndatum: b\n\n",
    ["a"],
  ],
  ["an incomplete event is not returned", "data: a\n\ndata: b\n", ["a"]],
  ["line ends may be mixed", "data: a\r\rdata: b\r\n\ndata: c\n\r\n", ["a", "b", "c"]],
  ["a byte order mark in the middle is text", "data: a\uFEFFb\n\n", ["a\uFEFFb"]],
] as const)("%s", ([, text, events]) => {
  expect(outcomesAtEveryCut(encode(text))).toEqual([events]);
});

test("an event that ends with CR is returned without waiting for more bytes", () => {
  expect(parse(encode("data: a\r\r"))).toEqual(["a"]);
});
