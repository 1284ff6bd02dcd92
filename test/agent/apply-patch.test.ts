import { existsSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createToolWorkspace, type ToolWorkspace } from "../support/tools/tool-workspace.ts";

const patch = (...lines: readonly string[]): { readonly input: string } => ({
  input: ["*** Begin Patch", ...lines, "*** End Patch"].join("\n"),
});

/** Returns the error message of a rejected patch. */
async function getError({ run }: ToolWorkspace, args: { readonly input: string }): Promise<string> {
  const error: unknown = await run("apply_patch", args).then(
    () => new Error("the patch was taken"),
    (thrown: unknown) => thrown,
  );
  return (error as Error).message;
}

test("one patch adds, changes, moves and deletes", async () => {
  const { folder, writeFile, readFile, runForText } = createToolWorkspace();
  writeFile("src/app.py", 'def greet():\n    name = "you"\n    print("Hi")\n    return name\n');
  writeFile("run.sh", "echo 1\n", 0o755);
  writeFile("old.txt", "old");
  const result = await runForText(
    "apply_patch",
    patch(
      "*** Add File: notes/new.txt",
      "+first",
      "+",
      "+*** End Patch",
      "*** Update File: src/app.py",
      "@@ def greet():",
      '     name = "you"',
      '-    print("Hi")',
      '+    print("Hello", name)',
      "     return name",
      "*** Delete File: old.txt",
      "*** Update File: run.sh",
      "*** Move to: bin/go.sh",
      "@@",
      "-echo 1",
      "+echo 2",
    ),
  );
  expect(result).toBe("Done:\nA notes/new.txt\nM src/app.py\nA bin/go.sh\nD old.txt\nD run.sh");
  expect(readFile("notes/new.txt")).toBe("first\n\n*** End Patch\n");
  expect(readFile("src/app.py")).toBe(
    'def greet():\n    name = "you"\n    print("Hello", name)\n    return name\n',
  );
  expect(readFile("bin/go.sh")).toBe("echo 2\n");
  expect(statSync(join(folder, "bin/go.sh")).mode & 0o777).toBe(0o755);
  expect(readdirSync(folder).sort()).toEqual(["bin", "notes", "src"]);
});

test("nothing is changed when one section does not fit", async () => {
  const workspace = createToolWorkspace();
  const { folder, writeFile, readFile } = workspace;
  writeFile("a.txt", "a\n");
  writeFile("b.txt", "1\n2\n3\n");
  const message = await getError(
    workspace,
    patch(
      "*** Add File: new.txt",
      "+x",
      "*** Delete File: a.txt",
      "*** Update File: b.txt",
      "@@",
      "-1",
      "+one",
      "@@",
      " 2",
      "-4",
      "+four",
    ),
  );
  expect(message).toBe(
    "b.txt, hunk 2: the file does not have these lines after line 1:\n2\n4\nRead the file and copy the lines from there.\nNothing was changed.",
  );
  expect(readdirSync(folder).sort()).toEqual(["a.txt", "b.txt"]);
  expect(readFile("b.txt")).toBe("1\n2\n3\n");
});

test("a patch with CRLF, in a code fence or in a here-document is parsed", async () => {
  const { writeFile, readFile, run } = createToolWorkspace();
  writeFile("a.txt", "a\nb\n");
  const { input } = patch("*** Update File: a.txt", "@@", " a", "-b", "+c");
  await run("apply_patch", { input: input.replaceAll("\n", "\r\n") });
  expect(readFile("a.txt")).toBe("a\nc\n");
  await run("apply_patch", { input: `apply_patch <<'EOF'\n${input.replace("-b", "-c")}\nEOF\n` });
  await run("apply_patch", { input: `\`\`\`diff\n${input.replace("-b", "-c").replace("+c", "+d")}\n\`\`\`` });
  expect(readFile("a.txt")).toBe("a\nd\n");
});

test("one patch can change a file more than once", async () => {
  const { writeFile, readFile, folder, run } = createToolWorkspace();
  writeFile("a.txt", "1\n2\n");
  writeFile("b.txt", "old\n");
  await run(
    "apply_patch",
    patch(
      "*** Update File: a.txt",
      "@@",
      "-2",
      "+two",
      "",
      "*** Update File: ./a.txt",
      "@@",
      "-1",
      "+one",
      "*** Delete File: b.txt",
      "*** Add File: b.txt",
      "+new",
      "*** Add File: c.txt",
      "+c",
      "*** Delete File: c.txt",
    ),
  );
  expect([readFile("a.txt"), readFile("b.txt")]).toEqual(["one\ntwo\n", "new\n"]);
  expect(existsSync(join(folder, "c.txt"))).toBe(false);
});

test.each([
  ["a", 'The patch has to begin with the line "*** Begin Patch".'],
  ["*** Begin Patch\n*** Delete File: a.txt", 'The patch has to end with the line "*** End Patch".'],
  ["*** Begin Patch\n*** End Patch", "The patch changes no file."],
  [
    "*** Begin Patch\n--- a/a.txt\n+++ b/a.txt\n*** End Patch",
    'Line 2 of the patch is "--- a/a.txt"; it should be "*** Add File: …", "*** Update File: …" or "*** Delete File: …".',
  ],
  [
    "*** Begin Patch\n*** Add File: n.txt\n+a\nb\n*** End Patch",
    'Line 4 of the patch is "b"; it should be a line of the new file, after a "+".',
  ],
  [
    "*** Begin Patch\n*** Update File: a.txt\n*** Move to: b.txt\n@@\nx\n*** End Patch",
    'Line 5 of the patch is "x"; it should be a line that begins with " ", "+", "-" or "@@".',
  ],
  [
    "*** Begin Patch\n*** Delete File: a.txt\n-a\n*** End Patch",
    'Line 3 of the patch is "-a"; it should be nothing, as the file is deleted.',
  ],
  ["*** Begin Patch\n*** Update File: a.txt\n*** End Patch", "a.txt: the patch changes nothing in it."],
  [
    "*** Begin Patch\n*** Update File: a.txt\n@@ a\n*** End Patch",
    'a.txt, hunk 1: there are no lines after its "@@".',
  ],
  ["*** Begin Patch\n*** Update File: a.txt\n@@ x\n-a\n*** End Patch", 'a.txt, hunk 1: no line "x".'],
  [
    "*** Begin Patch\n*** Update File: a.txt\n@@\n-b\n@@\n-a\n*** End Patch",
    "a.txt, hunk 2: the file does not have these lines after line 2:\na\nThey are at line 1: hunks go from the top of the file to its end.",
  ],
  ["*** Begin Patch\n*** Add File: a.txt\n+x\n*** End Patch", 'a.txt already exists: use "*** Update File".'],
  [
    "*** Begin Patch\n*** Add File: a.txt/b\n+x\n*** End Patch",
    "a.txt/b is not a valid path: one of its parent folders is a file.",
  ],
  [
    "*** Begin Patch\n*** Update File: n.txt\n@@\n+x\n*** End Patch",
    'n.txt does not exist: use "*** Add File".',
  ],
  ["*** Begin Patch\n*** Delete File: n.txt\n*** End Patch", "n.txt does not exist."],
  ["*** Begin Patch\n*** Delete File: sub\n*** End Patch", "sub is a folder."],
  [
    "*** Begin Patch\n*** Delete File: link\n*** End Patch",
    "link is a symbolic link; use the path of the file itself.",
  ],
  [
    "*** Begin Patch\n*** Update File: a.txt\n*** Move to: sub/c.txt\n*** End Patch",
    "sub/c.txt already exists: a.txt cannot be moved to it.",
  ],
  [
    "*** Begin Patch\n*** Update File: a.txt\n*** Move to: ../x\n*** End Patch",
    '"../x" is outside the workspace. Use a path within it, for instance "notes.txt".',
  ],
])("an invalid patch is rejected with the reason: %j", async (input, message) => {
  const workspace = createToolWorkspace();
  workspace.writeFile("a.txt", "a\nb\n");
  workspace.writeFile("sub/c.txt", "c");
  symlinkSync("a.txt", join(workspace.folder, "link"));
  expect(await getError(workspace, { input })).toBe(`${message}\nNothing was changed.`);
  expect(workspace.readFile("a.txt")).toBe("a\nb\n");
});

test("a file can be moved unchanged", async () => {
  const { writeFile, readFile, runForText } = createToolWorkspace();
  writeFile("a.txt", "a");
  expect(await runForText("apply_patch", patch("*** Update File: a.txt", "*** Move to: b/c.txt"))).toBe(
    "Done:\nA b/c.txt\nD a.txt",
  );
  expect(readFile("b/c.txt")).toBe("a");
});

test("the error says what was done before the disk failed", async () => {
  const workspace = createToolWorkspace();
  workspace.writeFile("a.txt", "a");
  // Each section is valid on its own, but the second file cannot be created after the first.
  const args = patch("*** Add File: new", "+x", "*** Add File: new/er", "+y", "*** Delete File: a.txt");
  expect(await getError(workspace, args)).toBe(
    "new/er is not a valid path: one of its parent folders is a file.\nDone before the failure:\nA new",
  );
  expect(workspace.readFile("a.txt")).toBe("a");
});
