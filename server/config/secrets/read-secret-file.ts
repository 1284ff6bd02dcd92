/** Reads a file with secrets, if nobody else can read or replace it. */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { describeErrorCode } from "../read-file.ts";

interface SecretFile {
  readonly path: string;
  readonly maxBytes: number;
}

/** Returns the text, or the reason why the file is not used. */
export function readSecretFile({ path, maxBytes }: SecretFile): { text: string } | { problem: string } {
  let fd: number;
  try {
    // A pipe would wait for its writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const reason = describeErrorCode(error);
    return {
      problem: reason === "ELOOP" ? `${path} is a symbolic link` : `${path} cannot be read: ${reason}`,
    };
  }
  try {
    const problem = findProblem(fstatSync(fd), maxBytes);
    return problem === undefined ? { text: readFileSync(fd, "utf8") } : { problem: `${path} ${problem}` };
  } finally {
    closeSync(fd);
  }
}

function findProblem(stat: Stats, maxBytes: number): string | undefined {
  if (!stat.isFile()) return "is not a regular file";
  if (stat.size > maxBytes) return `has ${stat.size} bytes; the limit is ${maxBytes}`;
  if (stat.nlink > 1) return "has a second name (hard link)";
  if (stat.uid !== process.getuid?.()) return "belongs to another user";
  if ((stat.mode & 0o077) !== 0) return "can be read or changed by others: chmod 600";
  return undefined;
}

/** Returns the value at a JSON pointer. https://www.rfc-editor.org/rfc/rfc6901 */
export function readJsonPointer(document: unknown, pointer: string): unknown {
  if (pointer === "") return document;
  if (!pointer.startsWith("/")) return undefined;
  let value = document;
  for (const part of pointer.slice(1).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
