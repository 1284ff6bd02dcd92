import * as fc from "fast-check";
import { expect, test } from "vitest";
import { applyHunks } from "../../server/agent/tools/patch-hunks.ts";
import { createToolWorkspace } from "../support/tools/tool-workspace.ts";
import { startCpuTimer } from "../support/runs/cpu-time.ts";

const update = (...lines: readonly string[]): { readonly input: string } => ({
  input: ["*** Begin Patch", "*** Update File: a.txt", ...lines, "*** End Patch"].join("\n"),
});

const file = "class A:\n  def f():\n    pass\n\nclass B:\n  def f():\n    pass\n  def g():\n    pass\n";
const applyUpdate = async (before: string, ...lines: readonly string[]): Promise<string> => {
  const { writeFile, readFile, run } = createToolWorkspace();
  writeFile("a.txt", before);
  await run("apply_patch", update(...lines));
  return readFile("a.txt");
};

test("a hunk is applied below its anchor lines, in their order", async () => {
  const expected = file.replace(/pass\n( {2}def g)/, "return 1\n$1");
  expect(await applyUpdate(file, "@@ class B:", "@@   def f():", "-    pass", "+    return 1")).toBe(
    expected,
  );
  const beginning = ["@@ class B:", " class B:", "   def f():", "-    pass", "+    return 1"];
  expect(await applyUpdate(file, ...beginning)).toBe(expected);
});

test("a hunk is applied after the previous one", async () => {
  const lines = ["@@", "-    pass", "+    1", "@@", "-    pass", "+    2", "@@", "-    pass", "+    3"];
  expect(await applyUpdate(file, ...lines)).toBe(
    "class A:\n  def f():\n    1\n\nclass B:\n  def f():\n    2\n  def g():\n    3\n",
  );
});

test("a hunk of only new lines is inserted below its anchor, or at the end", async () => {
  expect(await applyUpdate("a\nb\nc\n", "@@ a", "+new")).toBe("a\nnew\nb\nc\n");
  expect(await applyUpdate("a\nb\nc\n", "@@", "+new")).toBe("a\nb\nc\nnew\n");
  expect(await applyUpdate("a\nb\nc\n", "@@", "+new", "@@", "-a", "+A")).toBe("A\nb\nc\nnew\n");
  expect(await applyUpdate("a\nb\nc\n", "@@ a", "+new", "@@", "-b", "+B")).toBe("a\nnew\nB\nc\n");
  expect(await applyUpdate("", "@@", "+new")).toBe("new\n");
});

test("a hunk with End of File matches only at the end", async () => {
  expect(await applyUpdate("a\nb\na\n", "@@", "-a", "+z", "*** End of File")).toBe("a\nb\nz\n");
  await expect(applyUpdate("a\nb\n", "@@", "-a", "+z", "*** End of File")).rejects.toThrow(
    "a.txt, hunk 1: the file does not have these lines at its end:\na\nThey are at line 1.\n",
  );
});

test("a hunk can lack its first @@, lack the space of an empty line, or have line numbers", async () => {
  expect(await applyUpdate("a\n\nb\n", " a", "", "-b", "+c")).toBe("a\n\nc\n");
  expect(await applyUpdate("a\nb\n", "@@ -1,2 +1,2 @@", " a", "-b", "+c", "")).toBe("a\nc\n");
  expect(await applyUpdate("f()\na\n", "@@ -1,2 +1,2 @@ f()", "-a", "+c")).toBe("f()\nc\n");
});

test("a hunk matches despite different spaces and quotes, and context lines keep the file's text", async () => {
  const before = "\tsay(“hi”)  \n\treturn 1\n";
  expect(await applyUpdate(before, "@@", ' say("hi")', "-return 1", "+\treturn 2")).toBe(
    "\tsay(“hi”)  \n\treturn 2\n",
  );
});

test.each([
  ["CRLF", "a\r\nb\r\nc\r\n", "a\r\nB\r\nC\r\nc\r\n"],
  ["no last line end", "a\nb\nc", "a\nB\nC\nc"],
  ["both kinds of line ends", "a\nb\r\nc\r\n", "a\nB\nC\nc\r\n"],
  ["a byte order mark", "\uFEFFa\nb\nc\n", "\uFEFFa\nB\nC\nc\n"],
])("a hunk keeps the file's line ends: %s", async (_, before, after) => {
  expect(await applyUpdate(before, "@@", " a", "-b", "+B", "+C", " c")).toBe(after);
});

test("a hunk at the end of a file without a last line end adds none", async () => {
  expect(await applyUpdate("a\nb", "@@", " b", "+c")).toBe("a\nb\nc");
  expect(await applyUpdate("a\nb", "@@", " a", "-b")).toBe("a");
  expect(await applyUpdate("a\n", "@@", "-a")).toBe("");
});

test("a hunk that covers the whole file produces exactly its lines, with the file's line ends", () => {
  const line = fc.record({
    sign: fc.constantFrom(" " as const, "+" as const, "-" as const),
    text: fc.constantFrom(" ", "a", " b", "  c", "“d”"),
  });
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom("\n", "\r\n"), fc.boolean(), (more, end, isOpen) => {
      const lines = [{ sign: " " as const, text: "first" }, { sign: " " as const, text: "second" }, ...more];
      const joinWithout = (excluded: string): string => {
        const texts = lines.filter(({ sign }) => sign !== excluded).map(({ text }) => text);
        return texts.join(end) + (isOpen ? "" : end);
      };
      expect(applyHunks(joinWithout("+"), [{ anchors: [], lines, atEnd: false }])).toBe(joinWithout("-"));
    }),
  );
});

test("many equal lines do not block the event loop", async () => {
  const { writeFile, readFile, run } = createToolWorkspace();
  writeFile("a.txt", `${"\n".repeat(500_000)}end\n`);
  const blanks = " \n".repeat(100_000);
  const readCpuMs = startCpuTimer();
  await run("apply_patch", update("@@", `${blanks}-end`, "+END"));
  expect(readCpuMs()).toBeLessThan(20_000);
  expect(readFile("a.txt").endsWith("\nEND\n")).toBe(true);
});

test("a patch of many hunks in a long file takes linear time", async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} of a file that is long`);
  const hunks = lines.slice(0, 2_000).flatMap((line, i) => ["@@", `-${line}`, `+${i}`]);
  const readCpuMs = startCpuTimer();
  expect((await applyUpdate(`${lines.join("\n")}\n`, ...hunks)).startsWith("0\n1\n2\n")).toBe(true);
  expect(readCpuMs()).toBeLessThan(5_000);
});
