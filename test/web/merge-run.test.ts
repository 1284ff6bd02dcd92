import { array, assert, constantFrom, integer, nat, property, record } from "fast-check";
import { expect, test } from "vitest";
import { mergeItems } from "../../clients/web/src/store/merge-run.ts";
import type { RunItem } from "../../clients/web/src/store/run.ts";

/** A run: steps of text, each but the last followed by calls of tools. */
const steps = array(
  record({
    // Texts repeat, so that only the calls tell the steps apart.
    text: constantFrom("", "again", "then"),
    calls: integer({ min: 1, max: 3 }),
  }),
  { maxLength: 5 },
);

type Steps = readonly { readonly text: string; readonly calls: number }[];

const textItem = (text: string): readonly RunItem[] => (text === "" ? [] : [{ kind: "text", text }]);

function toolItem(id: string, isStored: boolean): RunItem {
  return isStored
    ? { kind: "tool", id, name: "exec", args: id, output: id, state: undefined }
    : { kind: "tool", id, name: "exec", args: id, output: "", state: "done", startedAt: 1, endedAt: 2 };
}

const toItems = (from: number, run: Steps, isStored: boolean): readonly RunItem[] =>
  run.flatMap(({ text, calls }, index) => [
    ...textItem(text),
    ...Array.from({ length: calls }, (_, call) => toolItem(`${from + index} ${call}`, isStored)),
  ]);

test("each part of a run is shown once, whenever its events begin and its messages are read", () => {
  assert(
    property(steps, nat(5), nat(5), nat(12), nat(12), (run, joined, read, liveLength, readLength) => {
      const answer = "the answer!!";
      // The events miss the steps before the connection; what was read is older or newer than the last event.
      const start = Math.min(joined, run.length);
      const storedCount = Math.min(Math.max(read, start), run.length);
      const live = [...toItems(start, run.slice(start), false), ...textItem(answer.slice(0, liveLength))];
      const stored = [
        ...toItems(0, run.slice(0, storedCount), true),
        ...(storedCount === run.length ? textItem(answer.slice(0, readLength)) : []),
      ];
      const length = storedCount === run.length ? Math.max(liveLength, readLength) : liveLength;
      const expected = [...toItems(0, run, true), ...textItem(answer.slice(0, length))];
      expect(mergeItems(stored, live).map(describeItem)).toEqual(expected.map(describeItem));
    }),
    { numRuns: 2_000 },
  );
});

test("a call has its outcome from the events, and its output from whichever source has it", () => {
  const stored: RunItem = {
    kind: "tool",
    id: "1",
    name: "exec",
    args: "{}",
    output: "all",
    state: undefined,
  };
  const live: RunItem = { ...stored, args: "", output: "a", state: "failed", startedAt: 1, endedAt: 5 };
  expect(mergeItems([stored], [live])).toEqual([{ ...live, args: "{}", output: "all" }]);
  expect(mergeItems([{ ...stored, output: "" }], [live])).toEqual([{ ...live, args: "{}", output: "a" }]);
});

const describeItem = (item: RunItem): string => (item.kind === "tool" ? item.id : item.text);
