/** Reads one configuration file: a regular file of at most 2 MiB in JSON5, without prototype keys. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import JSON5 from "json5";
import { isPlainObject, type Path, type Report } from "./tree.ts";

const maxBytes = 2 * 1024 * 1024;
const maxDepth = 64;
const prototypeKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Returns the parsed content, or calls `fail` with the reason and returns undefined. */
export function readConfigFile(file: string, fail: (message: string) => void): unknown {
  const text = readConfigText(file, fail);
  return text === undefined ? undefined : parseConfigText(text, fail);
}

/** Like `readConfigFile`, for the content of a file. */
export function parseConfigText(text: string, fail: (message: string) => void): unknown {
  try {
    return JSON5.parse<unknown>(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    fail(formatSyntaxError(error));
    return undefined;
  }
}

/** Returns the text of the file, or calls `fail` with the reason and returns undefined. */
export function readConfigText(file: string, fail: (message: string) => void): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    fail(`cannot be read: ${describeErrorCode(error)}`);
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) fail("is not a regular file");
    else if (stat.size > maxBytes) fail(`has ${stat.size} bytes; the limit is 2 MiB (${maxBytes})`);
    else return readFileSync(fd, "utf8");
    return undefined;
  } finally {
    closeSync(fd);
  }
}

export function describeErrorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
  return code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : code;
}

/** Rewrites `JSON5: invalid character 'x' at 3:7` with the position first. */
function formatSyntaxError(error: unknown): string {
  const { lineNumber, columnNumber, message } = error as SyntaxError & {
    lineNumber?: number;
    columnNumber?: number;
  };
  const detail = message.replace(/^JSON5: /, "").replace(/ at \d+:\d+$/, "");
  return `line ${lineNumber ?? "?"}, column ${columnNumber ?? "?"}: ${detail}`;
}

/** Returns a copy without prototype keys and too deeply nested values, and reports each. */
export function checkKeys(value: unknown, path: Path, report: Report): unknown {
  if (path.length > maxDepth) {
    report(path.slice(0, 8), `is nested more than ${maxDepth} levels deep`);
    return undefined;
  }
  if (Array.isArray(value)) return value.map((item, index) => checkKeys(item, [...path, index], report));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([key]) => {
    if (prototypeKeys.has(key)) report([...path, key], "this key is never allowed");
    return !prototypeKeys.has(key);
  });
  return Object.fromEntries(entries.map(([key, item]) => [key, checkKeys(item, [...path, key], report)]));
}
