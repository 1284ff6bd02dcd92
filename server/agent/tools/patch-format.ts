/** Parses a patch in OpenAI's `apply_patch` format: sections that add, delete or update one file each. */

export type FilePatch =
  | { readonly kind: "add"; readonly path: string; readonly text: string }
  | { readonly kind: "delete"; readonly path: string }
  | {
      readonly kind: "update";
      readonly path: string;
      readonly moveTo: string | undefined;
      readonly hunks: readonly Hunk[];
    };

export interface Hunk {
  /** Lines to search for first, in this order: `@@ class A`, `@@ def f():`. */
  readonly anchors: readonly string[];
  readonly lines: readonly HunkLine[];
  /** True if its lines must be the last of the file. */
  readonly atEnd: boolean;
}

export interface HunkLine {
  /** Space: context, `+`: added, `-`: removed. */
  readonly sign: " " | "+" | "-";
  readonly text: string;
}

interface Section {
  readonly kind: string;
  readonly path: string;
  readonly body: readonly string[];
  /** Line number of the body's first line in the patch, from 1. */
  readonly firstLine: number;
}

const header = /^\*\*\* (Add|Update|Delete) File: (.*\S)\s*$/;
const moveLine = /^\*\*\* Move to: (.*\S)\s*$/;
const endOfFile = /^\*\*\* End of File\s*$/;
/** Unified-diff line numbers, which models write after `@@`: `@@ -1,3 +1,4 @@`. They are ignored. */
const lineNumbers = /^@@ -\d[\d,]* \+\d[\d,]* @@/;

/** Throws an error for the model that wrote the patch. Text before and after the patch, such as a code fence, is ignored. */
export function parsePatch(input: string): readonly FilePatch[] {
  const lines = input.split(/\r?\n/);
  const begin = lines.findIndex((line) => line.trim() === "*** Begin Patch");
  if (begin < 0) throw new Error('The patch has to begin with the line "*** Begin Patch".');
  const end = lines.findLastIndex((line) => line.trim() === "*** End Patch");
  if (end < begin) throw new Error('The patch has to end with the line "*** End Patch".');
  const sections = parseSections(lines.slice(0, end), begin + 1);
  if (sections.length === 0) throw new Error("The patch changes no file.");
  return sections.map(toFilePatch);
}

function parseSections(lines: readonly string[], from: number): readonly Section[] {
  const sections: Section[] = [];
  let index = from;
  while (index < lines.length) {
    const line = lines[index] ?? "";
    const [, kind, path] = header.exec(line) ?? [];
    if (kind !== undefined && path !== undefined) {
      const next = lines.findIndex((other, otherIndex) => otherIndex > index && isHeader(other));
      const sectionEnd = next < 0 ? lines.length : next;
      sections.push({
        kind,
        path,
        body: trimTrailingBlanks(lines.slice(index + 1, sectionEnd)),
        firstLine: index + 2,
      });
      index = sectionEnd;
    } else if (line.trim() === "") index += 1;
    else
      throw createLineError(
        index + 1,
        line,
        '"*** Add File: …", "*** Update File: …" or "*** Delete File: …"',
      );
  }
  return sections;
}

function isHeader(line: string): boolean {
  return line.startsWith("*** ") && !moveLine.test(line) && !endOfFile.test(line);
}

function toFilePatch({ kind, path, body, firstLine }: Section): FilePatch {
  if (kind === "Update") return toUpdatePatch(path, body, firstLine);
  if (kind === "Delete") {
    if (body[0] !== undefined) throw createLineError(firstLine, body[0], "nothing, as the file is deleted");
    return { kind: "delete", path };
  }
  const invalidIndex = body.findIndex((line) => !line.startsWith("+"));
  if (invalidIndex >= 0)
    throw createLineError(
      firstLine + invalidIndex,
      body[invalidIndex] ?? "",
      'a line of the new file, after a "+"',
    );
  return { kind: "add", path, text: body.map((line) => `${line.slice(1)}\n`).join("") };
}

function toUpdatePatch(path: string, body: readonly string[], firstLine: number): FilePatch {
  const moveTo = moveLine.exec(body[0] ?? "")?.[1];
  const moveLines = moveTo === undefined ? 0 : 1;
  const hunks = parseHunks(body.slice(moveLines), firstLine + moveLines);
  if (hunks.length === 0 && moveTo === undefined)
    throw new Error(`${path}: the patch changes nothing in it.`);
  const emptyIndex = hunks.findIndex(({ lines }) => lines.length === 0);
  if (emptyIndex >= 0) throw new Error(`${path}, hunk ${emptyIndex + 1}: there are no lines after its "@@".`);
  return { kind: "update", path, moveTo, hunks };
}

function parseHunks(body: readonly string[], firstLine: number): readonly Hunk[] {
  const hunks: { anchors: string[]; lines: string[]; atEnd: boolean }[] = [];
  const startHunk = (anchors: string[], lines: string[]): void =>
    void hunks.push({ anchors, lines, atEnd: false });
  for (const [index, line] of body.entries()) {
    const hunk = hunks.at(-1);
    if (line.startsWith("@@")) {
      const anchor = line.replace(lineNumbers, "@@").slice(2).trim();
      const anchors = anchor === "" ? [] : [anchor];
      if (hunk?.lines.length === 0) hunk.anchors.push(...anchors);
      else startHunk(anchors, []);
    } else if (endOfFile.test(line) && hunk !== undefined) hunk.atEnd = true;
    else if (!/^(?:[ +-]|$)/.test(line)) {
      throw createLineError(firstLine + index, line, 'a line that begins with " ", "+", "-" or "@@"');
    } else if (hunk === undefined || hunk.atEnd) startHunk([], [line]);
    else hunk.lines.push(line);
  }
  return hunks.map(({ lines, ...hunk }) => ({
    ...hunk,
    lines: trimTrailingBlanks(lines).map(parseHunkLine),
  }));
}

/** An empty line counts as an empty context line: models often omit its leading space. */
function parseHunkLine(line: string): HunkLine {
  const sign = line[0] === "+" || line[0] === "-" ? line[0] : " ";
  return { sign, text: line.slice(1) };
}

/** Empty lines before the next section or hunk belong to neither. */
function trimTrailingBlanks(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

function createLineError(number: number, line: string, expected: string): Error {
  return new Error(
    `Line ${number} of the patch is ${JSON.stringify(line.slice(0, 100))}; it should be ${expected}.`,
  );
}
