/** Reads a patch in OpenAI's format: `*** Begin Patch`, sections that add, delete or update a file, `*** End Patch`. */

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
  /** Lines to look for first, one after the other: `@@ class A`, `@@ def f():`. */
  readonly anchors: readonly string[];
  readonly lines: readonly HunkLine[];
  /** Its lines are the last of the file. */
  readonly atEnd: boolean;
}

export interface HunkLine {
  /** Stays, is added, is taken away. */
  readonly sign: " " | "+" | "-";
  readonly text: string;
}

interface Section {
  readonly kind: string;
  readonly path: string;
  readonly body: readonly string[];
  /** Number of the body's first line in the patch. */
  readonly firstLine: number;
}

const header = /^\*\*\* (Add|Update|Delete) File: (.*\S)\s*$/;
const moveLine = /^\*\*\* Move to: (.*\S)\s*$/;
const endOfFile = /^\*\*\* End of File\s*$/;
/** What models write in place of a line of the file: `@@ -1,3 +1,4 @@`. */
const lineNumbers = /^@@ -\d[\d,]* \+\d[\d,]* @@/;

/** Throws in words for the model that wrote it. What stands before and after the patch, such as a fence, is passed over. */
export function parsePatch(input: string): readonly FilePatch[] {
  const lines = input.split(/\r?\n/);
  const begin = lines.findIndex((line) => line.trim() === "*** Begin Patch");
  if (begin < 0) throw new Error('The patch has to begin with the line "*** Begin Patch".');
  const end = lines.findLastIndex((line) => line.trim() === "*** End Patch");
  if (end < begin) throw new Error('The patch has to end with the line "*** End Patch".');
  const sections = sectionsOf(lines.slice(0, end), begin + 1);
  if (sections.length === 0) throw new Error("The patch changes no file.");
  return sections.map(filePatch);
}

function sectionsOf(lines: readonly string[], from: number): readonly Section[] {
  const sections: Section[] = [];
  let at = from;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const [, kind, path] = header.exec(line) ?? [];
    if (kind !== undefined && path !== undefined) {
      const next = lines.findIndex((other, index) => index > at && isHeader(other));
      const after = next < 0 ? lines.length : next;
      sections.push({ kind, path, body: withoutLastBlanks(lines.slice(at + 1, after)), firstLine: at + 2 });
      at = after;
    } else if (line.trim() === "") at += 1;
    else throw wrongLine(at + 1, line, '"*** Add File: …", "*** Update File: …" or "*** Delete File: …"');
  }
  return sections;
}

function isHeader(line: string): boolean {
  return line.startsWith("*** ") && !moveLine.test(line) && !endOfFile.test(line);
}

function filePatch({ kind, path, body, firstLine }: Section): FilePatch {
  if (kind === "Update") return updatePatch(path, body, firstLine);
  if (kind === "Delete") {
    if (body[0] !== undefined) throw wrongLine(firstLine, body[0], "nothing, as the file is deleted");
    return { kind: "delete", path };
  }
  const wrong = body.findIndex((line) => !line.startsWith("+"));
  if (wrong >= 0)
    throw wrongLine(firstLine + wrong, body[wrong] ?? "", 'a line of the new file, after a "+"');
  return { kind: "add", path, text: body.map((line) => `${line.slice(1)}\n`).join("") };
}

function updatePatch(path: string, body: readonly string[], firstLine: number): FilePatch {
  const moveTo = moveLine.exec(body[0] ?? "")?.[1];
  const skipped = moveTo === undefined ? 0 : 1;
  const hunks = hunksOf(body.slice(skipped), firstLine + skipped);
  if (hunks.length === 0 && moveTo === undefined)
    throw new Error(`${path}: the patch changes nothing in it.`);
  const empty = hunks.findIndex(({ lines }) => lines.length === 0);
  if (empty >= 0) throw new Error(`${path}, hunk ${empty + 1}: there are no lines after its "@@".`);
  return { kind: "update", path, moveTo, hunks };
}

function hunksOf(body: readonly string[], firstLine: number): readonly Hunk[] {
  const hunks: { anchors: string[]; lines: string[]; atEnd: boolean }[] = [];
  const begin = (anchors: string[], lines: string[]): void =>
    void hunks.push({ anchors, lines, atEnd: false });
  for (const [index, line] of body.entries()) {
    const hunk = hunks.at(-1);
    if (line.startsWith("@@")) {
      const anchor = line.replace(lineNumbers, "@@").slice(2).trim();
      const anchors = anchor === "" ? [] : [anchor];
      if (hunk?.lines.length === 0) hunk.anchors.push(...anchors);
      else begin(anchors, []);
    } else if (endOfFile.test(line) && hunk !== undefined) hunk.atEnd = true;
    else if (!/^(?:[ +-]|$)/.test(line)) {
      throw wrongLine(firstLine + index, line, 'a line that begins with " ", "+", "-" or "@@"');
    } else if (hunk === undefined || hunk.atEnd) begin([], [line]);
    else hunk.lines.push(line);
  }
  return hunks.map(({ lines, ...hunk }) => ({ ...hunk, lines: withoutLastBlanks(lines).map(hunkLine) }));
}

/** An empty line is one of the file whose blank in front was lost. */
function hunkLine(line: string): HunkLine {
  const sign = line[0] === "+" || line[0] === "-" ? line[0] : " ";
  return { sign, text: line.slice(1) };
}

/** Empty lines before the next part of the patch belong to neither. */
function withoutLastBlanks(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

function wrongLine(number: number, line: string, right: string): Error {
  return new Error(
    `Line ${number} of the patch is ${JSON.stringify(line.slice(0, 100))}; it should be ${right}.`,
  );
}
