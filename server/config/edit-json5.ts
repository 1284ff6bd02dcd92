/** Changes values in the text of a JSON5 file. Everything else of the text stays as it is, comments included. */
import { isDeepStrictEqual } from "node:util";
import JSON5 from "json5";
import { getAt, isPlainObject, type Path } from "./tree.ts";

export interface Edit {
  readonly path: Path;
  /** Undefined removes the value. */
  readonly value: unknown;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ValueSpan extends Span {
  /** Absent for a value that is no object and no list. */
  readonly members?: readonly Member[];
  readonly isList?: boolean;
}

interface Member {
  /** The name in an object, the index in a list. */
  readonly key: string | number;
  /** From the start of the name. */
  readonly start: number;
  readonly value: ValueSpan;
  /** Position of the comma after the value. */
  readonly comma: number | undefined;
}

const maxInlineLength = 60;

/** `text` is the content of a valid file, or empty for a new one. Throws when a path leads through a value that has no members. */
export function editJson5(text: string, edits: readonly Edit[]): string {
  return edits.reduce(applyEdit, text.trim() === "" ? "{\n}\n" : text);
}

function applyEdit(text: string, edit: Edit): string {
  const edited =
    edit.value === undefined ? removeValue(text, edit.path) : setValue(text, edit.path, edit.value);
  // The text is parsed by other code than the one that edits it.
  const expected = replaceAt(JSON5.parse<unknown>(text), edit.path, edit.value);
  if (!isDeepStrictEqual(JSON5.parse<unknown>(edited), expected)) {
    throw new Error(`${edit.path.join(".")} cannot be edited here; edit the file by hand`);
  }
  return edited;
}

function setValue(text: string, path: Path, value: unknown): string {
  let span = readValue(text, 0);
  for (const [depth, key] of path.entries()) {
    if (span.members === undefined) throw createPathError(path.slice(0, depth));
    const member = findMember(span, key);
    if (member === undefined) {
      // The levels that do not exist yet are made with the value.
      const nested = path.slice(depth + 1).reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
      return insertMember(text, span, key, nested, path);
    }
    span = member.value;
  }
  return splice(text, span, formatValue(value, readIndent(text, span.start)));
}

function insertMember(
  text: string,
  { start, end, members = [], isList = false }: ValueSpan,
  key: string | number,
  value: unknown,
  path: Path,
): string {
  if (isList && Number(key) !== members.length) throw createPathError(path);
  const last = members.at(-1);
  const isMultiline = text.slice(start, end).includes("\n");
  const indent = isMultiline
    ? last === undefined
      ? `${readIndent(text, start)}  `
      : readIndent(text, last.start)
    : "";
  const content = `${isList ? "" : `${formatKey(String(key))}: `}${formatValue(value, indent, !isMultiline)}`;
  const separator = isMultiline ? `\n${indent}` : " ";
  if (last === undefined) {
    const close = end - 1;
    // A comment to the end of the line may stand before the bracket.
    const before = text.slice(0, start + 1);
    const rest = text.slice(start + 1);
    return isMultiline
      ? `${before}${separator}${content},${rest}`
      : `${text.slice(0, close)}${separator}${content} ${text.slice(close)}`;
  }
  if (last.comma === undefined) {
    return `${text.slice(0, last.value.end)},${separator}${content}${isMultiline ? "," : ""}${text.slice(last.value.end)}`;
  }
  const afterComma = last.comma + 1;
  return `${text.slice(0, afterComma)}${separator}${content}${isMultiline ? "," : ""}${text.slice(afterComma)}`;
}

/** Removes every member of this name: the last one counts, and the one before it would come back. */
function removeValue(text: string, path: Path): string {
  const key = path.at(-1);
  if (key === undefined) return text;
  let span: ValueSpan | undefined = readValue(text, 0);
  for (const part of path.slice(0, -1)) span = span && findMember(span, part)?.value;
  const member = span && findMember(span, key);
  if (span === undefined || member === undefined) return text;
  const removed = removeMember(text, span, member);
  return span.isList === true ? removed : removeValue(removed, path);
}

function removeMember(text: string, { members = [] }: ValueSpan, member: Member): string {
  const previousComma = members[members.indexOf(member) - 1]?.comma;
  const comma = member.comma ?? previousComma;
  const content = { start: member.start, end: member.value.end };
  const spans: Span[] = [content, ...(comma === undefined ? [] : [{ start: comma, end: comma + 1 }])];
  const removed = spans
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, span) => splice(rest, span, ""), text);
  return removeBlankLine(removed, Math.min(...spans.map(({ start }) => start)));
}

/** Removes the line at `position` if the removal has left it blank. */
function removeBlankLine(text: string, position: number): string {
  const start = text.lastIndexOf("\n", position - 1) + 1;
  const lineEnd = text.indexOf("\n", position);
  const end = lineEnd === -1 ? text.length : lineEnd;
  const isWhole = start > 0 && lineEnd !== -1;
  return isWhole && text.slice(start, end).trim() === "" ? text.slice(0, start) + text.slice(end + 1) : text;
}

function findMember({ members = [], isList }: ValueSpan, key: string | number): Member | undefined {
  return isList === true
    ? members.find((member) => member.key === Number(key))
    : members.findLast((member) => member.key === String(key));
}

/** Reads where each value of the text stands. Throws when the text is not JSON5. */
export const readSpans = (text: string): ValueSpan => readValue(text, 0);

function readValue(text: string, position: number): ValueSpan {
  const start = skipSpace(text, position);
  const first = text[start];
  if (first === "{" || first === "[") return readMembers(text, start, first === "[");
  if (first === '"' || first === "'") return { start, end: readStringEnd(text, start) };
  return { start, end: readWordEnd(text, start) };
}

function readMembers(text: string, start: number, isList: boolean): ValueSpan {
  const members: Member[] = [];
  let position = skipSpace(text, start + 1);
  while (text[position] !== "}" && text[position] !== "]") {
    if (position >= text.length) throw new Error("the text is not JSON5");
    const memberStart = position;
    let key: string | number = members.length;
    if (!isList) {
      const isQuoted = text[position] === '"' || text[position] === "'";
      const keyEnd = isQuoted ? readStringEnd(text, position) : readWordEnd(text, position);
      key = readKey(text.slice(position, keyEnd));
      position = skipSpace(text, keyEnd) + 1;
    }
    const value = readValue(text, position);
    const next = skipSpace(text, value.end);
    const comma = text[next] === "," ? next : undefined;
    members.push({ key, start: memberStart, value, comma });
    position = comma === undefined ? next : skipSpace(text, comma + 1);
  }
  return { start, end: position + 1, members, isList };
}

function skipSpace(text: string, position: number): number {
  const space = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)*/y;
  space.lastIndex = position;
  space.exec(text);
  return space.lastIndex;
}

function readStringEnd(text: string, start: number): number {
  const quote = text[start];
  let position = start + 1;
  while (position < text.length && text[position] !== quote) position += text[position] === "\\" ? 2 : 1;
  return position + 1;
}

/** The end of a number, a literal or a name without quotes. */
function readWordEnd(text: string, start: number): number {
  const word = /[^\s,:{}[\]/]+/y;
  word.lastIndex = start;
  return word.test(text) ? word.lastIndex : start + 1;
}

const readKey = (source: string): string => Object.keys(JSON5.parse<object>(`{${source}:0}`))[0] ?? "";

const formatKey = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key));

/** On several lines unless it is short, or stands between others on one line. */
function formatValue(value: unknown, indent: string, isInline = false): string {
  const inline = formatInline(value);
  const isFlatList = Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null);
  const isScalar = typeof value !== "object" || value === null;
  if (isInline || isScalar || (isFlatList && inline.length <= maxInlineLength)) return inline;
  return JSON5.stringify(value, { space: 2, quote: '"' }).replaceAll("\n", `\n${indent}`);
}

function formatInline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatInline).join(", ")}]`;
  if (!isPlainObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${formatKey(key)}: ${formatInline(item)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** The white space at the start of the line. */
function readIndent(text: string, position: number): string {
  const lineStart = text.lastIndexOf("\n", position - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, position))?.[0] ?? "";
}

const splice = (text: string, { start, end }: Span, replacement: string): string =>
  text.slice(0, start) + replacement + text.slice(end);

/** Returns a copy of the tree with the value at `path`, without it when the value is undefined. */
export function replaceAt(tree: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const child = getAt(tree, key);
  if (
    value === undefined &&
    (rest.length > 0 ? typeof child !== "object" || child === null : child === undefined)
  )
    return tree;
  const next = replaceAt(child, rest, value);
  if (Array.isArray(tree)) {
    const list: unknown[] = [...(tree as readonly unknown[])];
    if (next === undefined) list.splice(Number(key), 1);
    else list[Number(key)] = next;
    return list;
  }
  const entries = new Map(Object.entries(isPlainObject(tree) ? tree : {}));
  if (next === undefined) entries.delete(String(key));
  else entries.set(String(key), next);
  return Object.fromEntries(entries);
}

const createPathError = (path: Path): Error =>
  new Error(`${path.join(".")} is not an object or a list that the value could be set in`);
