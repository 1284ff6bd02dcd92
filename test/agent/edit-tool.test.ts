import { expect, test } from "vitest";
import { createToolWorkspace } from "../support/tools/tool-workspace.ts";
import { startCpuTimer } from "../support/runs/cpu-time.ts";

test("only the old text is replaced", async () => {
  const { writeFile, readFile, runForText } = createToolWorkspace();
  writeFile("a.py", "def a():\n    return 1\n\ndef b():\n    return 2\n");
  expect(await runForText("edit", { path: "a.py", oldText: "return 2", newText: "return 42" })).toBe(
    "Edited a.py, line 5.",
  );
  expect(readFile("a.py")).toBe("def a():\n    return 1\n\ndef b():\n    return 42\n");
});

test("the new text is inserted literally", async () => {
  const { writeFile, readFile, run } = createToolWorkspace();
  writeFile("a.txt", "price: X (.*)");
  await run("edit", { path: "a.txt", oldText: "X (.*)", newText: "$& $1 $$ \\n" });
  expect(readFile("a.txt")).toBe("price: $& $1 $$ \\n");
});

test("a text that occurs several times needs more context or replaceAll", async () => {
  const { writeFile, readFile, run, runForText } = createToolWorkspace();
  writeFile("a.txt", "one\ntwo\none\none\n");
  const args = { path: "a.txt", oldText: "one", newText: "1" };
  await expect(run("edit", args)).rejects.toThrow(
    "oldText is 3 times in a.txt, at lines 1, 3, 4. Include more of the surrounding lines, or set replaceAll.",
  );
  expect(readFile("a.txt")).toBe("one\ntwo\none\none\n");
  expect(await runForText("edit", { ...args, replaceAll: true })).toBe(
    "Edited a.txt in 3 places, lines 1, 3, 4.",
  );
  expect(readFile("a.txt")).toBe("1\ntwo\n1\n1\n");
  writeFile("many.txt", "x\n".repeat(1000));
  expect(
    await runForText("edit", { path: "many.txt", oldText: "x", newText: "y", replaceAll: true }),
  ).toMatch(/^Edited many\.txt in 1000 places, lines 1, 2, .*, 20 …\.$/);
});

test("the error shows the closest match exactly", async () => {
  const { writeFile, run } = createToolWorkspace();
  writeFile("a.py", "class A:\n    def f(self):\n        return “1”\n");
  const edit = (oldText: string): Promise<unknown> => run("edit", { path: "a.py", oldText, newText: "x" });
  await expect(edit('def f(self):\n  return "1"')).rejects.toThrow(
    "oldText is not in a.py. The closest match is at line 2. The exact text there is:\n    def f(self):\n        return “1”",
  );
  await expect(edit("  def f(self):\n    return 2")).rejects.toThrow(
    "oldText is not in a.py. The closest match is at line 2. The exact text there is:\n    def f(self):\n        return “1”",
  );
  await expect(edit("def g():")).rejects.toThrow(
    "oldText is not in a.py. Read the file and copy the text from there.",
  );
  await expect(edit("x")).rejects.toThrow("oldText and newText are the same: there is nothing to change.");
  await expect(edit("")).rejects.toThrow("oldText: must not be empty");
});

test.each([
  ["a file with CRLF", "a\r\nb\r\nc\r\n", "a\nb", "x\ny", "x\r\ny\r\nc\r\n"],
  ["one line of a file with CRLF", "a\r\nb\r\n", "b", "x\ny", "a\r\nx\r\ny\r\n"],
  ["CRLF that the model writes itself", "a\r\nb\r\n", "a\r\nb", "x\r\ny", "x\r\ny\r\n"],
  ["CRLF from the model for a file without", "a\nb\n", "a\r\nb", "x\r\ny", "x\ny\n"],
  ["both kinds of line ends", "a\r\nb\nc\n", "b\nc", "x\ny", "a\r\nx\ny\n"],
  ["no last line end", "a\nb", "b", "c", "a\nc"],
  ["a byte order mark", "\uFEFFa\nb\n", "a", "x", "\uFEFFx\nb\n"],
  ["characters of two units", "🦞 grün\n", "🦞 gr", "🦀 bl", "🦀 blün\n"],
])("line ends and byte order mark of the file are kept: %s", async (_, before, oldText, newText, after) => {
  const { writeFile, readFile, run } = createToolWorkspace();
  writeFile("a.txt", before);
  await run("edit", { path: "a.txt", oldText, newText });
  expect(readFile("a.txt")).toBe(after);
});

test("parallel edits of one file are all applied", async () => {
  const { writeFile, readFile, run } = createToolWorkspace();
  const letters = "abcdefghijklmnopqrstuvwxyz".split("");
  writeFile("a.txt", letters.join("\n"));
  const edits = letters.map((letter) =>
    run("edit", { path: "a.txt", oldText: letter, newText: letter.toUpperCase() }),
  );
  await Promise.all([...edits, run("edit", { path: "a.txt", oldText: "none", newText: "" }).catch(() => {})]);
  expect(readFile("a.txt")).toBe(letters.join("\n").toUpperCase());
});

test("a text that is everywhere or nowhere in a large file does not block the event loop", async () => {
  const { writeFile, readFile, runForText } = createToolWorkspace();
  writeFile("a.txt", "\n".repeat(5_000_000));
  const readCpuMs = startCpuTimer();
  await expect(runForText("edit", { path: "a.txt", oldText: "b\nc", newText: "d" })).rejects.toThrow(
    "is not in a.txt",
  );
  await runForText("edit", { path: "a.txt", oldText: "\n", newText: "$&", replaceAll: true });
  expect(readCpuMs()).toBeLessThan(3_000);
  expect(readFile("a.txt").slice(0, 6)).toBe("$&$&$&");
});
