/** An aborted call of `write`, `edit` or `apply_patch` makes no further change to the disk. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createToolWorkspace } from "../support/tools/tool-workspace.ts";

/** A signal that counts as aborted as soon as the condition holds, checked whenever the tool looks at it. */
function abortWhen(condition: () => boolean): AbortSignal {
  return Object.defineProperty(new AbortController().signal, "aborted", { get: condition });
}

const patch = (...lines: readonly string[]): { readonly input: string } => ({
  input: ["*** Begin Patch", ...lines, "*** End Patch"].join("\n"),
});

const calls: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["write", { path: "a.txt", content: "new" }],
  ["edit", { path: "a.txt", oldText: "old", newText: "new" }],
  ["apply_patch", patch("*** Update File: a.txt", "@@", "-old", "+new")],
];

test.each(calls)("%s changes nothing when it is aborted before it begins", async (tool, args) => {
  const { run, writeFile, readFile } = createToolWorkspace();
  writeFile("a.txt", "old\n");
  await expect(run(tool, args, AbortSignal.abort())).rejects.toThrow("Nothing was changed");
  expect(readFile("a.txt")).toBe("old\n");
});

test.each(calls)(
  "%s changes nothing when it is aborted while it waits for another change",
  async (tool, args) => {
    const { run, writeFile, readFile, workspace } = createToolWorkspace();
    writeFile("a.txt", "old\n");
    const gate = Promise.withResolvers<void>();
    const earlier = workspace.runExclusive(new AbortController().signal, () => gate.promise);
    const controller = new AbortController();
    const call = run(tool, args, controller.signal);
    controller.abort();
    gate.resolve();
    await earlier;
    await expect(call).rejects.toThrow("Nothing was changed");
    expect(readFile("a.txt")).toBe("old\n");
  },
);

test.each(calls)(
  "%s keeps the old file when it is aborted before the new one is in place",
  async (tool, args) => {
    const { run, writeFile, readFile, folder } = createToolWorkspace();
    writeFile("a.txt", "old\n");
    const signal = abortWhen(() => readdirSync(folder).some((name) => name.endsWith(".tmp")));
    await expect(run(tool, args, signal)).rejects.toThrow("a.txt was not changed: the call was aborted.");
    expect(readFile("a.txt")).toBe("old\n");
    expect(readdirSync(folder)).toEqual(["a.txt"]);
  },
);

test("write creates no further folder after the abort", async () => {
  const { run, folder } = createToolWorkspace();
  const signal = abortWhen(() => existsSync(join(folder, "a")));
  await expect(run("write", { path: "a/b/c.txt", content: "" }, signal)).rejects.toThrow("was not changed");
  expect(readdirSync(folder, { recursive: true })).toEqual(["a"]);
});

test("apply_patch changes no further file after the abort and says what it has changed", async () => {
  const { run, writeFile, folder } = createToolWorkspace();
  writeFile("old.txt", "old\n");
  const signal = abortWhen(() => existsSync(join(folder, "first.txt")));
  const args = patch(
    "*** Delete File: old.txt",
    "*** Add File: first.txt",
    "+1",
    "*** Add File: second.txt",
    "+2",
  );
  await expect(run("apply_patch", args, signal)).rejects.toThrow(
    "second.txt was not changed: the call was aborted.\nDone before the failure:\nA first.txt",
  );
  expect(readdirSync(folder).sort()).toEqual(["first.txt", "old.txt"]);
});

test("apply_patch deletes no file after the abort", async () => {
  const { run, writeFile, readFile, folder } = createToolWorkspace();
  writeFile("old.txt", "old\n");
  const signal = abortWhen(() => existsSync(join(folder, "new.txt")));
  const args = patch("*** Delete File: old.txt", "*** Add File: new.txt", "+1");
  await expect(run("apply_patch", args, signal)).rejects.toThrow("old.txt was not changed");
  expect(readFile("old.txt")).toBe("old\n");
});
