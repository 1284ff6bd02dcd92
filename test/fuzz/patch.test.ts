/** The parser of patches: what is written in the format is read back, and anything else is an error for the model. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parsePatch, type FilePatch } from "../../server/agent/tools/patch-format.ts";
import { fuzz, fuzzTimeoutMs } from "../support/runs/fuzz.ts";

const word = fc.string({ minLength: 1, maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, "_"));
const path = word.filter((text) => text.trim() === text);
const hunkLine = fc.record({ sign: fc.constantFrom(" ", "+", "-"), text: word });
const hunk = fc.record({
  anchors: fc.array(
    path.filter((text) => !text.startsWith("-")),
    { maxLength: 2 },
  ),
  lines: fc.array(hunkLine, { minLength: 1, maxLength: 4 }),
  atEnd: fc.boolean(),
});
const filePatch: fc.Arbitrary<FilePatch> = fc.oneof(
  fc.record({
    kind: fc.constant("add" as const),
    path,
    text: fc.array(word, { maxLength: 4 }).map((lines) => lines.map((line) => `${line}\n`).join("")),
  }),
  fc.record({ kind: fc.constant("delete" as const), path }),
  fc.record({
    kind: fc.constant("update" as const),
    path,
    moveTo: fc.option(path, { nil: undefined }),
    hunks: fc.array(hunk, { minLength: 1, maxLength: 3 }),
  }),
);

function format(patch: FilePatch): readonly string[] {
  if (patch.kind === "delete") return [`*** Delete File: ${patch.path}`];
  if (patch.kind === "add") {
    const lines = patch.text.split("\n").slice(0, -1);
    return [`*** Add File: ${patch.path}`, ...lines.map((line) => `+${line}`)];
  }
  const body = patch.hunks.flatMap(({ anchors, lines, atEnd }) => [
    ...(anchors.length === 0 ? ["@@"] : anchors.map((anchor) => `@@ ${anchor}`)),
    ...lines.map(({ sign, text }) => sign + text),
    ...(atEnd ? ["*** End of File"] : []),
  ]);
  const move = patch.moveTo === undefined ? [] : [`*** Move to: ${patch.moveTo}`];
  return [`*** Update File: ${patch.path}`, ...move, ...body];
}

test(
  "a patch that is written in the format is read as it was meant",
  () => {
    fuzz([fc.array(filePatch, { minLength: 1, maxLength: 3 })], (patches) => {
      const text = ["*** Begin Patch", ...patches.flatMap(format), "*** End Patch"].join("\n");
      expect(parsePatch(text)).toEqual(patches);
    });
  },
  fuzzTimeoutMs,
);

test(
  "any text is a patch or an error with a message, soon",
  () => {
    const parts = fc.constantFrom(
      "*** Begin Patch",
      "*** End Patch",
      "*** Add File: a",
      "*** Update File: b",
      "*** Move to: c",
      "*** End of File",
      "@@",
      "@@ -1,2 +3 @@ x",
      "+",
      "-",
      " ",
      "",
    );
    fuzz([fc.array(fc.oneof(parts, word), { maxLength: 20 })], (lines) => {
      try {
        expect(parsePatch(lines.join("\n")).length).toBeGreaterThan(0);
      } catch (error) {
        expect((error as Error).constructor).toBe(Error);
        expect((error as Error).message).not.toBe("");
      }
    });
  },
  fuzzTimeoutMs,
);
