/** One configuration file: a regular file of at most 2 MiB, JSON5, free of keys that reach into prototypes. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import JSON5 from "json5";
import { isTable, type Path, type Report } from "./tree.ts";

const maxBytes = 2 * 1024 * 1024;
const maxDepth = 64;
const prototypeKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** The parsed content, or undefined after `fail` was told why not. */
export function readConfigFile(file: string, fail: (message: string) => void): unknown {
  const text = readText(file, fail);
  if (text === undefined) return undefined;
  try {
    return JSON5.parse<unknown>(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    fail(syntaxMessage(error));
    return undefined;
  }
}

function readText(file: string, fail: (message: string) => void): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    fail(`cannot be read: ${errorCode(error)}`);
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) fail("is not a regular file");
    else if (stat.size > maxBytes) fail(`has ${stat.size} bytes; at most 2 MiB (${maxBytes}) are read`);
    else return readFileSync(fd, "utf8");
    return undefined;
  } finally {
    closeSync(fd);
  }
}

export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
  return code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : code;
}

/** `JSON5: invalid character 'x' at 3:7`, as a sentence that begins with the place. */
function syntaxMessage(error: unknown): string {
  const { lineNumber, columnNumber, message } = error as SyntaxError & {
    lineNumber?: number;
    columnNumber?: number;
  };
  const what = message.replace(/^JSON5: /, "").replace(/ at \d+:\d+$/, "");
  return `line ${lineNumber ?? "?"}, column ${columnNumber ?? "?"}: ${what}`;
}

/** A copy without prototype keys and without what is nested too deep; each is reported. */
export function checkKeys(value: unknown, path: Path, report: Report): unknown {
  if (path.length > maxDepth) {
    report(path.slice(0, 8), `is nested more than ${maxDepth} levels deep`);
    return undefined;
  }
  if (Array.isArray(value)) return value.map((item, index) => checkKeys(item, [...path, index], report));
  if (!isTable(value)) return value;
  const entries = Object.entries(value).filter(([key]) => {
    if (prototypeKeys.has(key)) report([...path, key], "this key is never allowed");
    return !prototypeKeys.has(key);
  });
  return Object.fromEntries(entries.map(([key, item]) => [key, checkKeys(item, [...path, key], report)]));
}
