import { mkdirSync, readdirSync, statSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFileTools } from "../../server/agent/tools/file-tools.ts";
import { createToolWorkspace } from "../support/tools/tool-workspace.ts";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const numbered = (count: number): string =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

test("the tools have these names and these arguments, and no others", () => {
  const shape = createFileTools(() => createToolWorkspace().workspace).map(({ name, parameters }) => [
    name,
    Object.keys(parameters["properties"] as object),
    parameters["required"],
    parameters["additionalProperties"],
  ]);
  expect(shape).toEqual([
    ["read", ["path", "offset", "limit"], ["path"], false],
    ["write", ["path", "content"], ["path", "content"], false],
    ["edit", ["path", "oldText", "newText", "replaceAll"], ["path", "oldText", "newText"], false],
    ["apply_patch", ["input"], ["input"], false],
  ]);
});

test("arguments can have the names of other agents' tools", async () => {
  const { readFile, run } = createToolWorkspace();
  await run("write", { file_path: "a.txt", content: "a a b" });
  await run("edit", { file_path: "a.txt", old_string: "a", new_string: "c", replace_all: true });
  expect(readFile("a.txt")).toBe("c c b");
  await run("apply_patch", { patch: "*** Begin Patch\n*** Delete File: a.txt\n*** End Patch" });
  await expect(run("read", { path: "a", file_path: "b" })).rejects.toThrow("file_path: unknown key");
  await expect(run("edit", { path: "a", old_string: 1, newText: "" })).rejects.toThrow(
    "oldText: expected string, got number",
  );
});

test("a text is read unchanged, without its byte order mark", async () => {
  const { writeFile, runForText } = createToolWorkspace();
  writeFile("a.txt", "\uFEFFgrün 🦞\r\n\r\n\tend\r\n");
  expect(await runForText("read", { path: "a.txt" })).toBe("grün 🦞\n\n\tend");
  writeFile("empty.txt", "");
  expect(await runForText("read", { path: "empty.txt" })).toBe("empty.txt is empty.");
});

test("a long text is read in ranges, each of which says where the next begins", async () => {
  const { writeFile, runForText, run } = createToolWorkspace();
  writeFile("a.txt", numbered(4500));
  const first = await runForText("read", { path: "a.txt" });
  expect(first).toMatch(
    /^line 1\n.*\nline 2000\n\n\[Lines 1 to 2000 of 4500\. Continue with offset 2001\.\]$/s,
  );
  const second = await runForText("read", { path: "a.txt", offset: 2001, limit: 2 });
  expect(second).toBe("line 2001\nline 2002\n\n[Lines 2001 to 2002 of 4500. Continue with offset 2003.]");
  expect(await runForText("read", { path: "a.txt", offset: 4499 })).toBe("line 4499\nline 4500");
  await expect(run("read", { path: "a.txt", offset: 4501 })).rejects.toThrow(
    "There are only 4500 lines; offset 4501 is past the end.",
  );
  await expect(run("read", { path: "a.txt", offset: 0 })).rejects.toThrow(
    "offset: must be at least 1, got 0",
  );
});

test("a very long line is truncated, never within a character", async () => {
  const { writeFile, runForText } = createToolWorkspace();
  writeFile("a.json", `${"x".repeat(1999)}${"🦞".repeat(5000)}\nshort`);
  expect(await runForText("read", { path: "a.json" })).toBe(
    `${"x".repeat(1999)} [cut: 10000 more characters in this line]\nshort`,
  );
});

test("a range of long lines ends before the result limit, and the next range continues there", async () => {
  const { writeFile, runForText } = createToolWorkspace();
  writeFile("a.txt", `${"y".repeat(1999)}\n`.repeat(100));
  const text = await runForText("read", { path: "a.txt" });
  expect(text.length).toBeLessThan(100_000);
  expect(text).toMatch(/\n\n\[Lines 1 to 47 of 100\. Continue with offset 48\.\]$/);
});

test("a file above the limit is rejected", async () => {
  const { writeFile, folder, run } = createToolWorkspace();
  writeFile("huge.log", "");
  truncateSync(join(folder, "huge.log"), 200 * 1024 ** 3);
  for (const [tool, more] of [
    ["read", {}],
    ["edit", { oldText: "a", newText: "b" }],
  ] as const) {
    await expect(run(tool, { path: "huge.log", ...more })).rejects.toThrow(
      "huge.log is larger than the 10 MB that can be read.",
    );
  }
});

test("an image is returned as an image, whatever its name", async () => {
  const { writeFile, run } = createToolWorkspace();
  writeFile("picture.txt", png);
  expect(await run("read", { path: "picture.txt" })).toEqual({
    content: [
      { type: "text", text: `picture.txt (image/png, ${png.length} bytes)` },
      { type: "image", mediaType: "image/png", data: png.toString("base64") },
    ],
    isError: false,
  });
  writeFile("big.png", Buffer.concat([png, Buffer.alloc(5 * 1024 * 1024)]));
  await expect(run("read", { path: "big.png" })).rejects.toThrow(
    /^big\.png is an image of \d+ bytes; the limit is 5 MB\. Make it smaller\.$/,
  );
});

test("a file that is not text is rejected with its type", async () => {
  const { writeFile, run, readFile } = createToolWorkspace();
  writeFile("a.pdf", "%PDF-1.7\n\0\n");
  writeFile("latin1.txt", Buffer.from("grün", "latin1"));
  await expect(run("read", { path: "a.pdf" })).rejects.toThrow(
    "a.pdf is not UTF-8 text (11 bytes). It is of the type application/pdf.",
  );
  await expect(run("read", { path: "latin1.txt" })).rejects.toThrow(
    "latin1.txt is not UTF-8 text (4 bytes).",
  );
  const before = readFile("latin1.txt");
  await expect(run("edit", { path: "latin1.txt", oldText: "gr", newText: "b" })).rejects.toThrow(
    "latin1.txt is not UTF-8 text.",
  );
  expect(readFile("latin1.txt")).toBe(before);
});

test("a folder is listed in ranges", async () => {
  const { folder, writeFile, runForText, run } = createToolWorkspace();
  writeFile("b.txt", "");
  writeFile(".hidden", "");
  mkdirSync(join(folder, "a"));
  symlinkSync("/etc", join(folder, "link"));
  expect(await runForText("read", { path: "." })).toBe(".hidden\na/\nb.txt\nlink@");
  expect(await runForText("read", { path: ".", offset: 2, limit: 1 })).toBe(
    "a/\n\n[Lines 2 to 2 of 4. Continue with offset 3.]",
  );
  await expect(run("edit", { path: "a", oldText: "x", newText: "y" })).rejects.toThrow("a is a folder.");
});

test("a file is written with its parent folders, and the result says its bytes", async () => {
  const { readFile, runForText } = createToolWorkspace();
  expect(await runForText("write", { path: "x/y/z.txt", content: "grün 🦞" })).toBe(
    "Wrote 10 bytes to x/y/z.txt, a new file.",
  );
  expect(readFile("x/y/z.txt")).toBe("grün 🦞");
  expect(await runForText("write", { path: "x/y/z.txt", content: "" })).toBe("Wrote 0 bytes to x/y/z.txt.");
});

test("a replaced file keeps its permissions, and a read-only file is not changed", async () => {
  const { folder, writeFile, readFile, run } = createToolWorkspace();
  writeFile("run.sh", "old", 0o755);
  writeFile("key", "old", 0o600);
  writeFile("fixed", "old", 0o444);
  await run("write", { path: "run.sh", content: "new" });
  await run("edit", { path: "key", oldText: "old", newText: "new" });
  await expect(run("write", { path: "fixed", content: "new" })).rejects.toThrow("fixed is read-only.");
  const state = ["run.sh", "key", "fixed"].map((name) => [
    readFile(name),
    statSync(join(folder, name)).mode & 0o777,
  ]);
  expect(state).toEqual([
    ["new", 0o755],
    ["new", 0o600],
    ["old", 0o444],
  ]);
});

test("a parallel reader gets the complete old or the complete new text", async () => {
  const { folder, writeFile, readFile, run } = createToolWorkspace();
  const texts = ["a", "b"].map((letter) => letter.repeat(1_000_000));
  writeFile("a.txt", texts[0] ?? "");
  for (let round = 0; round < 10; round += 1) {
    const reading = new AbortController();
    const written = run("write", { path: "a.txt", content: texts[(round + 1) % 2] }).finally(() =>
      reading.abort(),
    );
    while (!reading.signal.aborted) {
      expect(texts.includes(readFile("a.txt"))).toBe(true);
      await new Promise(setImmediate);
    }
    await written;
  }
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});

test("more than 10 MB is not written", async () => {
  const { folder, writeFile, run } = createToolWorkspace();
  writeFile("a.txt", "ab".repeat(1000));
  const tooLarge = "would be larger than the 10 MB that can be written";
  const content = "ü".repeat(6_000_000);
  await expect(run("write", { path: "b.txt", content })).rejects.toThrow(tooLarge);
  const growing = { path: "a.txt", oldText: "a", newText: "x".repeat(900_000), replaceAll: true };
  await expect(run("edit", growing)).rejects.toThrow(tooLarge);
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});
